import type { EngineClient } from "../engine-client/engine-client.ts";
import { Emitter, type Event } from "../events/emitter.ts";
import type { Folder, FolderChange } from "../folders/folder-engines.ts";
import type { RunKind } from "../protocol/protocol.ts";

type IndexingEngine = Pick<EngineClient, "onDidReport" | "onDidChangeActivity">;

interface IndexingFolder {
  readonly folder: Folder;
  readonly engine: IndexingEngine;
}

/** The folders of the workspace and their engines, as they come and go. */
export interface IndexingFolders {
  readonly all: readonly IndexingFolder[];
  readonly onDidChange: Event<FolderChange>;
}

/** What writes the indexes of the folders now, and how far indexing is. */
export class IndexingProgress {
  readonly #runs = new Map<string, RunKind>();
  readonly #shares = new Map<string, number>();
  readonly #changed = new Emitter<void>();
  readonly #ended = new Emitter<void>();
  readonly #subscription: { dispose(): void };

  constructor(folders: IndexingFolders) {
    folders.all.forEach((one) => this.#watch(one));
    this.#subscription = folders.onDidChange(({ added, removed }) => {
      added.forEach((one) => this.#watch(one));
      for (const { folder } of removed) {
        this.#runs.delete(folder.id);
        this.#shares.delete(folder.id);
      }
    });
  }

  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  /** A run that has written the index is over, or the engine has turned to another one. */
  get onDidEndRun(): Event<void> {
    return this.#ended.event;
  }

  /** What an engine is writing; undefined if nothing. */
  runOf(folder: string): RunKind | undefined {
    return this.#runs.get(folder);
  }

  /** Of the files, from 0 to 1; undefined where nothing is indexed or it is not known how many there are. */
  shareOf(folder: string): number | undefined {
    return this.#shares.get(folder);
  }

  dispose(): void {
    this.#subscription.dispose();
    this.#changed.dispose();
    this.#ended.dispose();
  }

  /** An engine tells nothing any more when its folder is gone. */
  #watch({ folder, engine }: IndexingFolder): void {
    engine.onDidReport(({ kind, event }) => {
      if (kind !== "index" || event.type !== "progress") return;
      const { filesDone, filesTotal } = event;
      if (filesTotal !== undefined)
        this.#shares.set(folder.id, filesTotal === 0 ? 1 : Math.min(1, filesDone / filesTotal));
      this.#changed.fire();
    });
    engine.onDidChangeActivity(({ running }) => {
      if (running === undefined) this.#runs.delete(folder.id);
      else this.#runs.set(folder.id, running);
      if (running !== "index") this.#shares.delete(folder.id);
      this.#changed.fire();
      if (running === undefined) this.#ended.fire();
    });
  }
}
