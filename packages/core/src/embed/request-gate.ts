import type { Clock } from "./clock.ts";

/** Says when a request may be sent: spaced from the one before, and not while the service wants to be left alone. */
export class RequestGate {
  readonly #clock: Clock;
  readonly #delayMs: number;
  #openAt: number = Number.NEGATIVE_INFINITY;

  /** @param delayMs between the starts of two requests. */
  constructor(clock: Clock, delayMs: number) {
    this.#clock = clock;
    this.#delayMs = delayMs;
  }

  /** Resolves when it is the caller's turn; rejects with the signal's reason when it is aborted. */
  async turn(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const now = this.#clock.now();
      if (now >= this.#openAt) {
        this.#openAt = now + this.#delayMs;
        return;
      }
      await this.#clock.sleep(this.#openAt - now, signal);
    }
  }

  /** Nobody has a turn for so long. */
  hold(ms: number): void {
    this.#openAt = Math.max(this.#openAt, this.#clock.now() + ms);
  }
}
