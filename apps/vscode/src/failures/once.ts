/** Remembers what has been said of each folder, so that it is said once until it has changed. */
export class Once {
  readonly #said = new Map<string, Set<string>>();

  /** @returns whether this is news of the folder. */
  isNews(folder: string, what: string): boolean {
    const said = this.#said.get(folder) ?? new Set();
    if (said.has(what)) return false;
    this.#said.set(folder, said.add(what));
    return true;
  }

  forget(folder: string): void {
    this.#said.delete(folder);
  }
}
