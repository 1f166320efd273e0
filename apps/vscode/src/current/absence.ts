/** After a longer absence files may have been changed by anything, and the machine may have slept. */
const LONG_MS = 300_000;

/** Tells when the user is back after a longer absence. */
export class Absence {
  #since: number | undefined;

  /**
   * Something is known of the window, which need not be news.
   *
   * @param hasFocus of the user.
   * @param now in milliseconds, of a clock that also counts while the machine sleeps: `Date.now()`.
   * @returns whether the user has just come back after a longer absence.
   */
  isOver(hasFocus: boolean, now: number): boolean {
    if (!hasFocus) {
      this.#since ??= now;
      return false;
    }
    const since = this.#since;
    this.#since = undefined;
    return since !== undefined && now - since > LONG_MS;
  }
}
