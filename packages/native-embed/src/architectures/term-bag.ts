import type { TokenSink } from "../tokenizers/token-sink.ts";

/** Counts the tokens of one text. Made once for a vocabulary and cleared for each text, in time with its tokens. */
export class TermBag implements TokenSink {
  /** How often each token of the vocabulary occurred. */
  readonly #counts: Uint32Array;
  /** The tokens that occurred, in the order of their first occurrence. */
  readonly #distinct: Uint32Array;
  #size = 0;

  constructor(vocabularySize: number) {
    this.#counts = new Uint32Array(vocabularySize);
    this.#distinct = new Uint32Array(vocabularySize);
  }

  get byteLength(): number {
    return this.#counts.byteLength + this.#distinct.byteLength;
  }

  add(token: number): void {
    const count = this.#counts[token]!;
    if (count === 0) this.#distinct[this.#size++] = token;
    this.#counts[token] = count + 1;
  }

  /** Visits each distinct token with its count, and empties the bag. */
  drain(visit: (token: number, count: number) => void): void {
    for (let i = 0; i < this.#size; i++) {
      const token = this.#distinct[i]!;
      visit(token, this.#counts[token]!);
      this.#counts[token] = 0;
    }
    this.#size = 0;
  }
}
