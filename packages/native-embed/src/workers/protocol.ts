/** What the calling thread and its workers say to each other, and nothing else crosses. */

/** Token sequences laid end to end: what one forward pass takes. */
export interface PackedSequences {
  /** [sum of `lengths`] */
  readonly tokens: Int32Array;
  /** Tokens of each sequence, in order, none of them 0. */
  readonly lengths: Int32Array;
}

/** To a worker: one forward pass. Requests are answered in the order of their arrival, so they need no number. */
export type EmbedRequest = PackedSequences;

/**
 * From a worker: the vectors of a request, [sequences × dimension], in a buffer of their own. There is no message for
 * a failure: what a forward pass throws ends its thread, because the memory that it was working in cannot be trusted
 * any more.
 */
export type EmbedReply = Float32Array;

/** What a worker runs: synchronous, one call at a time. */
export interface ForwardPass {
  /** [lengths.length × dimension], L2-normalised, in a fresh buffer that is not shared: it is handed over. */
  embed(tokens: Int32Array, lengths: Int32Array): Float32Array;
}
