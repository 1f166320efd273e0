/** Calls back soon after it is asked to, but not more often than it should; the last request is always answered. */
export class Throttle {
  readonly #work: () => void;
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;
  #isRequested = false;
  #isDisposed = false;

  /** @param ms between two calls. */
  constructor(work: () => void, ms: number) {
    this.#work = work;
    this.#ms = ms;
  }

  request(): void {
    this.#isRequested = true;
    if (this.#timer === undefined) this.#answer();
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
  }

  #answer(): void {
    this.#timer = undefined;
    if (!this.#isRequested || this.#isDisposed) return;
    this.#isRequested = false;
    this.#timer = setTimeout(() => this.#answer(), this.#ms);
    this.#work();
  }
}
