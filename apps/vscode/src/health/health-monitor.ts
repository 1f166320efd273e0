import { Emitter, type Event } from "../events/emitter.ts";
import type { Folder, FolderChange } from "../folders/folder-engines.ts";
import type { FolderHealth } from "./folder-health.ts";
import { FolderMonitor, type MonitoredEngine, type MonitoredFolder } from "./folder-monitor.ts";

/** The folders of the workspace and their engines, as they come and go. */
export interface MonitoredFolders {
  readonly all: readonly FolderAndEngine[];
  readonly onDidChange: Event<FolderChange>;
}

interface FolderAndEngine {
  readonly folder: Folder;
  readonly engine: MonitoredEngine;
}

/** What of a folder's surroundings its monitor needs. */
export type Surroundings = Pick<MonitoredFolder, "history" | "hasIndex">;

/** Watches the indexes of all folders of the workspace. */
export class HealthMonitor {
  readonly #surroundingsOf: (folder: Folder) => Surroundings;
  readonly #monitors = new Map<string, FolderMonitor>();
  readonly #changed = new Emitter<void>();
  readonly #subscription: { dispose(): void };

  constructor(folders: MonitoredFolders, surroundingsOf: (folder: Folder) => Surroundings) {
    this.#surroundingsOf = surroundingsOf;
    for (const folder of folders.all) this.#add(folder);
    this.#subscription = folders.onDidChange(({ added, removed }) => {
      for (const { folder } of removed) this.#remove(folder.id);
      for (const folder of added) this.#add(folder);
      this.#changed.fire();
    });
  }

  /** Something is known that was not, of one of the folders or of which there are. */
  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  get monitors(): readonly FolderMonitor[] {
    return [...this.#monitors.values()];
  }

  get folders(): readonly FolderHealth[] {
    return this.monitors.map(({ health }) => health);
  }

  get(id: string): FolderMonitor | undefined {
    return this.#monitors.get(id);
  }

  dispose(): void {
    this.#subscription.dispose();
    for (const monitor of this.#monitors.values()) monitor.dispose();
    this.#monitors.clear();
    this.#changed.dispose();
  }

  #add({ folder, engine }: FolderAndEngine): void {
    const { id, name } = folder;
    const monitor = new FolderMonitor({ id, name, engine, ...this.#surroundingsOf(folder) });
    monitor.onDidChange(() => this.#changed.fire());
    this.#monitors.set(id, monitor);
  }

  #remove(id: string): void {
    this.#monitors.get(id)?.dispose();
    this.#monitors.delete(id);
  }
}
