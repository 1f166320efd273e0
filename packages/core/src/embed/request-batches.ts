/** What one request may hold. */
export interface RequestLimits {
  readonly texts: number;
  /** As {@link estimateTokens} counts them. */
  readonly tokens: number;
}

/** English text has about four characters a token in the vocabularies in use; code has a little fewer. */
const CHARS_PER_TOKEN = 4;

export function estimateTokens(text: string): number {
  return Math.ceil(text.length / CHARS_PER_TOKEN);
}

/**
 * Cuts texts into requests, in order. A text that is larger than a whole request may be stands alone in one: only the
 * service knows whether it is too long.
 *
 * @param limits looked at for each request anew, so that they may change.
 */
export function* requestBatches(texts: Iterable<string>, limits: RequestLimits): Generator<string[]> {
  let batch: string[] = [];
  let tokens = 0;
  for (const text of texts) {
    const more = estimateTokens(text);
    if (batch.length > 0 && (batch.length >= limits.texts || tokens + more > limits.tokens)) {
      yield batch;
      batch = [];
      tokens = 0;
    }
    batch.push(text);
    tokens += more;
  }
  if (batch.length > 0) yield batch;
}
