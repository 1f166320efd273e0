import type { EngineClient } from "../engine-client/engine-client.ts";
import { Emitter, type Event } from "../events/emitter.ts";

/** A folder of the workspace that is on this machine's disk. */
export interface Folder {
  /** Its URI; two folders never have the same. */
  readonly id: string;
  readonly name: string;
  /** Absolute. */
  readonly path: string;
}

export interface FolderEngine {
  readonly folder: Folder;
  readonly engine: EngineClient;
}

export interface FolderChange {
  readonly added: readonly FolderEngine[];
  /** Their engines are ending. */
  readonly removed: readonly FolderEngine[];
}

/** The engines of the workspace's folders, one for each. None is started before it is needed. */
export class FolderEngines {
  readonly #connect: (folder: Folder) => EngineClient;
  readonly #engines = new Map<string, FolderEngine>();
  readonly #ending = new Set<Promise<void>>();
  readonly #changed = new Emitter<FolderChange>();

  constructor(connect: (folder: Folder) => EngineClient) {
    this.#connect = connect;
  }

  /** In the order in which the folders came. */
  get all(): readonly FolderEngine[] {
    return [...this.#engines.values()];
  }

  get(id: string): FolderEngine | undefined {
    return this.#engines.get(id);
  }

  get onDidChange(): Event<FolderChange> {
    return this.#changed.event;
  }

  /** @param folders all that the workspace has now. */
  update(folders: readonly Folder[]): void {
    const ids = new Set(folders.map(({ id }) => id));
    const removed = this.all.filter(({ folder }) => !ids.has(folder.id));
    const added = folders
      .filter(({ id }) => !this.#engines.has(id))
      .map((folder) => ({ folder, engine: this.#connect(folder) }));
    for (const one of removed) {
      this.#engines.delete(one.folder.id);
      this.#end(one.engine);
    }
    for (const one of added) this.#engines.set(one.folder.id, one);
    if (added.length > 0 || removed.length > 0) this.#changed.fire({ added, removed });
  }

  /** Resolves when all processes have ended. */
  async dispose(): Promise<void> {
    this.update([]);
    await Promise.all(this.#ending);
  }

  #end(engine: EngineClient): void {
    const ending = engine.dispose().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }
}
