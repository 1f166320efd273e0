import type { TokenSink } from "./token-sink.ts";
import type { Encoding } from "./tokenizer.ts";

/**
 * Gathers the tokens of one text after another: keeps as many as the limit allows and counts the rest, so that a
 * text of megabytes costs no more than what is kept of it.
 */
export class TokenCollector implements TokenSink {
  #ids = new Int32Array(INITIAL_CAPACITY);
  #limit = 0;
  #count = 0;

  /** Forgets the last text. */
  start(limit: number, opening: number | undefined): void {
    this.#limit = limit;
    this.#count = 0;
    if (opening !== undefined) this.add(opening);
  }

  /** Tokens so far, those beyond the limit included. */
  get count(): number {
    return this.#count;
  }

  add(token: number): void {
    const at = this.#count++;
    if (at >= this.#limit) return;
    if (at === this.#ids.length) this.#grow();
    this.#ids[at] = token;
  }

  /** Takes the latest tokens back, so that `count` is what it was. */
  rewind(count: number): void {
    this.#count = count;
  }

  finish(closing: number | undefined): Encoding {
    if (closing === undefined) {
      return { ids: this.#ids.slice(0, Math.min(this.#count, this.#limit)), tokens: this.#count };
    }
    const kept = Math.min(this.#count, this.#limit - 1);
    const ids = new Int32Array(kept + 1);
    ids.set(this.#ids.subarray(0, kept));
    ids[kept] = closing;
    return { ids, tokens: this.#count + 1 };
  }

  #grow(): void {
    const larger = new Int32Array(this.#ids.length * 2);
    larger.set(this.#ids);
    this.#ids = larger;
  }
}

const INITIAL_CAPACITY = 512;
