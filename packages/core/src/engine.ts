import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";

import { createChunker } from "./chunk/create-chunker.ts";
import type { Embedder } from "./embed/embedder.ts";
import { createNativeEmbedder } from "./embed/native-embedder.ts";
import { resonaError } from "./errors.ts";
import { indexWorkspace } from "./indexing/index-workspace.ts";
import type { IndexStats, IndexSummary } from "./model/index-summary.ts";
import type { IndexEvent } from "./model/progress.ts";
import type { SearchResult } from "./model/search-hit.ts";
import { type Fingerprint, fingerprintChanges, fingerprintOf } from "./options/fingerprint.ts";
import type { EngineOptions, ResolvedOptions } from "./options/options.ts";
import { resolveOptions } from "./options/resolve-options.ts";
import { type SearchOptions, searchWorkspace } from "./search/search-workspace.ts";
import { countFileRecords } from "./stats/index-stats.ts";
import {
  type IndexFolderState,
  type IndexManifest,
  clearIndexFolder,
  createIndexFolder,
  inspectIndexFolder,
  writeManifest,
} from "./store/index-folder.ts";
import { IndexStore } from "./store/index-store.ts";
import { schemaVersion } from "./store/schema.ts";
import { type WriterLock, isBeingWritten, lockForWriting } from "./store/writer-lock.ts";

/**
 * Raise when discovery, chunking or the terms of the full-text index change what is stored for an unchanged file; every
 * index is then rebuilt.
 */
const RECORDS_VERSION = 1;

export interface IndexOptions {
  /** Builds the index anew even if it could be brought up to date. */
  readonly rebuild?: boolean;
  /** Aborting commits what is prepared and ends the run with `status: "interrupted"`; the next run continues. */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: IndexEvent) => void;
}

/** One workspace and its index. Not for use after `close`. */
export interface Engine {
  /** Absolute, with links resolved. */
  readonly workspace: string;
  /** Absolute. */
  readonly indexPath: string;
  /**
   * Brings the index up to date, or builds it.
   *
   * @throws ResonaError INDEX_LOCKED, LOCK_LOST, INDEX_FOREIGN, INDEX_OF_OTHER_WORKSPACE, INDEX_FROM_FUTURE,
   * INDEX_NOT_READABLE, INDEX_NOT_WRITABLE, INDEX_DAMAGED, DISK_FULL, STORE_FAILED, MODEL_INVALID,
   * WORKSPACE_NOT_READABLE, GIT_FAILED. What was committed before stays.
   */
  index(options?: IndexOptions): Promise<IndexSummary>;
  /**
   * Ranks the files that answer a query, as the index has them now.
   *
   * @throws ResonaError NO_INDEX, INDEX_BEING_BUILT, INDEX_OUTDATED, INDEX_OF_OTHER_WORKSPACE, QUERY_EMPTY,
   * QUERY_TOO_LONG, OPTION_INVALID, MODEL_INVALID, and those of a broken index; the signal's reason when aborted.
   */
  search(query: string, options?: SearchOptions): Promise<SearchResult>;
  /** @throws ResonaError NO_INDEX, INDEX_BEING_BUILT, INDEX_OF_OTHER_WORKSPACE, and those of a broken index. */
  stats(): Promise<IndexStats>;
  /** Ends threads and closes files; waits for nothing. */
  close(): Promise<void>;
}

/** The composition root behind `openEngine`: the one place that constructs stages. */
export async function createEngine(options: { readonly workspace: string } & EngineOptions): Promise<Engine> {
  const { workspace: given, ...engineOptions } = options;
  const workspace = await resolveWorkspace(resolve(given));
  return new WorkspaceEngine(workspace, resolveOptions(engineOptions, workspace));
}

class WorkspaceEngine implements Engine {
  readonly workspace: string;
  readonly #options: ResolvedOptions;
  #embedder: Promise<Embedder> | undefined;
  #reader: Promise<IndexStore> | undefined;

  constructor(workspace: string, options: ResolvedOptions) {
    this.workspace = workspace;
    this.#options = options;
  }

  get indexPath(): string {
    return this.#options.index;
  }

  async index({ rebuild = false, signal, onEvent = () => undefined }: IndexOptions = {}): Promise<IndexSummary> {
    const startedAt = performance.now();
    const embedder = await this.#openEmbedder();
    // Nothing is created beside what is not ours.
    await this.#inspect();
    await createIndexFolder(this.indexPath);
    const lock = await lockForWriting(this.indexPath);
    try {
      const opened = await this.#openForWriting(embedder, rebuild, onEvent);
      try {
        const run = { signal: signal ?? new AbortController().signal, onEvent, startedAt, lock };
        const summary = await this.#run(opened, embedder, run);
        await (await this.#reader)?.refresh();
        return summary;
      } finally {
        opened.store.close();
      }
    } finally {
      await lock.release();
    }
  }

  async search(query: string, options: SearchOptions = {}): Promise<SearchResult> {
    const embedder = await this.#openEmbedder();
    const { reader, indexComplete } = await this.#openForReading(embedder);
    return { ...(await searchWorkspace(query, { reader, embedder }, options)), indexComplete };
  }

  async stats(): Promise<IndexStats> {
    const manifest = await this.#manifest();
    const dimension = Number(manifest.fingerprint["dimension"]);
    const store = await IndexStore.open(this.indexPath, dimension);
    try {
      return {
        indexPath: this.indexPath,
        workspace: this.workspace,
        modelId: String(manifest.fingerprint["model"]),
        dimension,
        schemaVersion: manifest.schemaVersion,
        ...(await countFileRecords(store.files())),
        ...(await store.stats()),
        ...(manifest.lastIndexedAt === undefined ? {} : { lastIndexedAt: manifest.lastIndexedAt }),
      };
    } finally {
      store.close();
    }
  }

  async close(): Promise<void> {
    await this.#closeReader();
    await this.#embedder?.then(
      (embedder) => embedder.close(),
      () => undefined,
    );
  }

  async #run(
    { store, manifest }: OpenedIndex,
    embedder: Embedder,
    run: { signal: AbortSignal; onEvent: (event: IndexEvent) => void; startedAt: number; lock: WriterLock },
  ): Promise<IndexSummary> {
    const { indexPath, workspace } = this;
    const counts = await indexWorkspace(
      { chunker: createChunker(this.#options), embedder, store },
      {
        workspace,
        options: this.#options,
        signal: run.signal,
        onEvent: run.onEvent,
        beforeCommit: async (isFirst) => {
          run.lock.assertHeld();
          if (isFirst) await writeManifest(indexPath, { ...manifest, state: "writing" });
        },
        afterLastCommit: async (isComplete) => {
          run.lock.assertHeld();
          const finished = isComplete ? { lastIndexedAt: new Date().toISOString() } : {};
          await writeManifest(indexPath, { ...manifest, state: "clean", ...finished });
        },
        firstBuild: manifest.lastIndexedAt === undefined,
      },
    );
    const { interrupted, ...totals } = counts;
    const { skipped } = await countFileRecords(store.files());
    return {
      status: interrupted ? "interrupted" : "completed",
      ...totals,
      skipped,
      durationMs: performance.now() - run.startedAt,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  }

  /** Opens, repairs or makes the tables, as the state of the folder asks for; under the lock. */
  async #openForWriting(
    embedder: Embedder,
    rebuild: boolean,
    onEvent: (event: IndexEvent) => void,
  ): Promise<OpenedIndex> {
    const notice = (code: string, message: string) => onEvent({ type: "notice", code, message });
    const fingerprint = this.#fingerprint(embedder);
    const folder = await this.#inspect();
    const reason = rebuild ? "as asked" : rebuildReason(folder, fingerprint);
    if (folder.kind === "ready" && reason === undefined) {
      const store = await IndexStore.open(this.indexPath, embedder.dimension);
      return closingOnError(store, async () => {
        if (folder.manifest.state === "writing") {
          const files = await store.repair();
          notice("CONTINUED", `The last run was interrupted; it is continued, with ${files} files to redo.`);
        }
        return { store, manifest: { ...folder.manifest, workspace: this.workspace } };
      });
    }
    if (folder.kind !== "missing") notice("REBUILT", `The index is built anew: ${reason}.`);
    await this.#closeReader();
    await clearIndexFolder(this.indexPath);
    const store = await IndexStore.create(this.indexPath, embedder.dimension);
    return closingOnError(store, async () => {
      const { workspace } = this;
      const manifest: IndexManifest = { format: "resona-index", schemaVersion, fingerprint, workspace, state: "clean" };
      await writeManifest(this.indexPath, manifest);
      return { store, manifest };
    });
  }

  async #openForReading(embedder: Embedder): Promise<{ reader: IndexStore; indexComplete: boolean }> {
    const manifest = await this.#manifest();
    // Only what a query's vector depends on; chunks of another size can still be searched.
    if (manifest.fingerprint["model"] !== embedder.modelId)
      throw resonaError("INDEX_OUTDATED", { path: this.indexPath });
    this.#reader ??= IndexStore.open(this.indexPath, embedder.dimension).catch((error: unknown) => {
      this.#reader = undefined;
      throw error;
    });
    return { reader: await this.#reader, indexComplete: manifest.lastIndexedAt !== undefined };
  }

  async #closeReader(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.then(
      (store) => store.close(),
      () => undefined,
    );
  }

  async #manifest(): Promise<IndexManifest> {
    const folder = await this.#inspect();
    if (folder.kind === "ready") return folder.manifest;
    const path = this.indexPath;
    throw (await isBeingWritten(path)) ? resonaError("INDEX_BEING_BUILT", { path }) : resonaError("NO_INDEX", { path });
  }

  /** Looks at the index's folder; refuses one that belongs to another workspace. */
  async #inspect(): Promise<IndexFolderState> {
    const folder = await inspectIndexFolder(this.indexPath);
    const isInside = this.indexPath.startsWith(this.workspace + sep);
    // An index inside its workspace moves with it.
    if (folder.kind === "ready" && folder.manifest.workspace !== this.workspace && !isInside) {
      const { workspace } = folder.manifest;
      throw resonaError("INDEX_OF_OTHER_WORKSPACE", { path: this.indexPath, workspace });
    }
    return folder;
  }

  #openEmbedder(): Promise<Embedder> {
    return (this.#embedder ??= createNativeEmbedder());
  }

  #fingerprint(embedder: Embedder): Fingerprint {
    const { modelId: model, dimension } = embedder;
    return fingerprintOf(this.#options, { records: RECORDS_VERSION, model, dimension });
  }
}

interface OpenedIndex {
  readonly store: IndexStore;
  readonly manifest: IndexManifest;
}

async function closingOnError<T>(store: IndexStore, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    store.close();
    throw error;
  }
}

/** Why the index cannot be brought up to date and has to be built anew; undefined if it can, or if there is none. */
function rebuildReason(folder: IndexFolderState, fingerprint: Fingerprint): string | undefined {
  if (folder.kind === "missing") return undefined;
  if (folder.kind === "unusable") return folder.why;
  const changes = fingerprintChanges(folder.manifest.fingerprint, fingerprint);
  return changes.length > 0 ? `${changes.join(", ")} changed` : undefined;
}

async function resolveWorkspace(path: string): Promise<string> {
  try {
    const real = await realpath(path);
    if (!(await stat(real)).isDirectory()) throw resonaError("WORKSPACE_NOT_A_FOLDER", { path });
    await access(real, constants.R_OK | constants.X_OK);
    return real;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT") throw resonaError("WORKSPACE_NOT_FOUND", { path }, error);
    if (code === "ENOTDIR") throw resonaError("WORKSPACE_NOT_A_FOLDER", { path }, error);
    if (code === "EACCES" || code === "EPERM") throw resonaError("WORKSPACE_NOT_READABLE", { path }, error);
    throw error;
  }
}
