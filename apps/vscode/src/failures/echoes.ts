const MS_OF_AN_ECHO = 1_000;

/** Knows the errors that have just been told. */
export class Echoes {
  readonly #toldAt = new WeakMap<object, number>();

  /**
   * @param now in milliseconds.
   * @returns whether this very error was told within the last second. Later it is told again: somebody has asked again.
   */
  isEcho(error: object, now: number): boolean {
    const toldAt = this.#toldAt.get(error);
    if (toldAt !== undefined && now - toldAt < MS_OF_AN_ECHO) return true;
    this.#toldAt.set(error, now);
    return false;
  }
}
