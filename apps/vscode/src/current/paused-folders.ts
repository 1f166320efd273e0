import { Emitter, type Event } from "../events/emitter.ts";

/** Where the editor keeps things of a workspace, as `Memento`. */
export interface WorkspaceState {
  get(key: string): unknown;
  update(key: string, value: unknown): PromiseLike<void>;
}

const KEY = "pausedFolders";

/** The folders whose indexing the user has paused; remembered with the workspace. */
export class PausedFolders {
  readonly #state: WorkspaceState;
  readonly #changed = new Emitter<void>();
  readonly #ids: Set<string>;

  constructor(state: WorkspaceState) {
    this.#state = state;
    const kept = state.get(KEY);
    this.#ids = new Set(Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : []);
  }

  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  /** @param id URI of a folder. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  set(ids: readonly string[], isPaused: boolean): void {
    const news = ids.filter((id) => this.#ids.has(id) !== isPaused);
    if (news.length === 0) return;
    for (const id of news) {
      if (isPaused) this.#ids.add(id);
      else this.#ids.delete(id);
    }
    void this.#state.update(KEY, [...this.#ids]);
    this.#changed.fire();
  }
}
