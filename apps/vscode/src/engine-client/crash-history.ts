/** When a process that keeps ending is started again, and when no more. */
export interface RestartTiming {
  /** Before the first new start, in milliseconds; every time twice as long while crashes are remembered. */
  readonly firstDelayMs: number;
  /** As many crashes as this within the window are too many. */
  readonly maxCrashes: number;
  readonly windowMs: number;
}

/** The crashes of one engine. */
export class CrashHistory {
  readonly #timing: RestartTiming;
  #crashes: readonly number[] = [];

  constructor(timing: RestartTiming) {
    this.#timing = timing;
  }

  /**
   * @param now of the crash, in milliseconds.
   * @returns milliseconds to wait before the next start; undefined if there should be none.
   */
  add(now: number): number | undefined {
    const { firstDelayMs, maxCrashes, windowMs } = this.#timing;
    this.#crashes = [...this.#crashes.filter((time) => now - time < windowMs), now];
    const count = this.#crashes.length;
    return count < maxCrashes ? firstDelayMs * 2 ** (count - 1) : undefined;
  }
}
