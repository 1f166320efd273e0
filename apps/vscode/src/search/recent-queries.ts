const KEY = "resona.recentQueries";
const MOST = 20;

/** Where they are kept, such as the workspace's state in the editor. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: readonly string[]): unknown;
}

/** What was searched for in this workspace and found, the newest first. */
export class RecentQueries {
  readonly #memory: Memory;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  get all(): readonly string[] {
    const kept = this.#memory.get(KEY);
    return Array.isArray(kept) ? kept.filter((query) => typeof query === "string") : [];
  }

  add(query: string): void {
    const others = this.all.filter((other) => other !== query);
    void this.#memory.update(KEY, [query, ...others].slice(0, MOST));
  }

  remove(query: string): void {
    const others = this.all.filter((other) => other !== query);
    void this.#memory.update(KEY, others);
  }
}
