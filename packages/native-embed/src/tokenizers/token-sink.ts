/** Takes the tokens of a text, in order. */
export interface TokenSink {
  add(token: number): void;
}
