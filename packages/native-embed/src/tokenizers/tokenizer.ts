/** Text → the numbers of a model's tokens. Any string is accepted; a lone surrogate counts as U+FFFD. */
export interface Tokenizer {
  /** Tokens in the vocabulary: every id is below it. */
  readonly size: number;
  /** What the tokenizer holds, in bytes, all of it outside the JavaScript heap. */
  readonly byteLength: number;
  /**
   * The tokens of `text` between the model's special tokens, at most `limit` in all (8 or more). A longer text is
   * cut; the closing special token is still the last.
   */
  encode(text: string, limit: number): Encoding;
}

export interface Encoding {
  /** At most `limit` token ids, special tokens included. */
  readonly ids: Int32Array;
  /** How many there would be without the limit. */
  readonly tokens: number;
}
