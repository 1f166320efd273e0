import { setImmediate } from "node:timers/promises";

const TEXTS = 64;
const CHARACTERS = 131_072;

/** Splits long synchronous work on texts, so that timers and I/O of the process get their turn in between. */
export class WorkSlices {
  readonly #signal: AbortSignal | undefined;
  #texts = 0;
  #characters = 0;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /**
   * To be awaited before the work on a text: pauses after 64 texts, or 131,072 characters if that is sooner.
   * Throws the reason of the signal once it is aborted.
   */
  async next(characters: number): Promise<void> {
    if (this.#texts === TEXTS || this.#characters >= CHARACTERS) {
      await setImmediate();
      this.#texts = 0;
      this.#characters = 0;
    }
    this.#signal?.throwIfAborted();
    this.#texts++;
    this.#characters += characters;
  }
}
