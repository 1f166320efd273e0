/** A loaded model, whatever its architecture. Calls are synchronous and leave nothing behind but their result. */
export interface TextModel {
  /** Numbers in a vector. */
  readonly dimension: number;
  /**
   * The vector of a text to be found; `context` is words about where the text stands.
   * [dimension], of length 1, or all zero when the model knows nothing of the text.
   */
  embedDocument(text: string, context: string): Float32Array;
  /** The vector of a question, to be compared with those of documents; the same shape. */
  embedQuery(text: string): Float32Array;
  memory(): ModelMemory;
}

/** What a loaded model holds, in bytes. */
export interface ModelMemory {
  readonly weights: number;
  readonly vocabulary: number;
  /** Work space, the same for every text. */
  readonly scratch: number;
}
