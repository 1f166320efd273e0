import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";

import { createChunker } from "./chunk/create-chunker.ts";
import type { Embedder } from "./embed/embedder.ts";
import { createNativeEmbedder } from "./embed/native-embedder.ts";
import { resonaError } from "./errors.ts";
import { indexWorkspace } from "./indexing/index-workspace.ts";
import type { IndexStats, IndexSummary } from "./model/index-summary.ts";
import type { IndexedModel } from "./model/indexed-model.ts";
import type { IndexEvent } from "./model/progress.ts";
import type { SearchResult } from "./model/search-hit.ts";
import { chooseModel } from "./options/choose-model.ts";
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
 * Raise when discovery, chunking, the terms of the full-text index, or what a model is given of a chunk change what is
 * stored for an unchanged file; every index is then rebuilt.
 */
const RECORDS_VERSION = 1;

export interface IndexOptions {
  /** Builds the index anew even if it could be brought up to date. */
  readonly rebuild?: boolean;
  /**
   * Aborting commits what is embedded and ends the run with `status: "interrupted"`; the next run continues. While the
   * model is still being loaded, the call rejects with the signal's reason.
   */
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
   * Brings the index up to date, or builds it, with the model of the options, else the one that it was made with, else
   * the built-in one.
   *
   * @throws ResonaError INDEX_LOCKED, LOCK_LOST, INDEX_FOREIGN, INDEX_OF_OTHER_WORKSPACE, INDEX_FROM_FUTURE,
   * INDEX_NOT_READABLE, INDEX_NOT_WRITABLE, INDEX_DAMAGED, DISK_FULL, STORE_FAILED, WORKSPACE_NOT_READABLE, GIT_FAILED,
   * and the MODEL_ codes. What was committed before stays.
   */
  index(options?: IndexOptions): Promise<IndexSummary>;
  /**
   * Ranks the files that answer a query, as the index has them now.
   *
   * @throws ResonaError NO_INDEX, INDEX_BEING_BUILT, INDEX_OUTDATED, INDEX_OF_OTHER_WORKSPACE, QUERY_EMPTY,
   * QUERY_TOO_LONG, OPTION_INVALID, the MODEL_ codes, and those of a broken index; the signal's reason when aborted.
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
  /** By the model's file and pooling: another process may have made the index with another model meanwhile. */
  readonly #embedders = new Map<string, Embedder>();
  readonly #closing = new AbortController();
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
    // Nothing is created beside what is not ours, nor with a model that cannot be used.
    await this.#openEmbedder((await this.#inspect()).model, signal);
    await createIndexFolder(this.indexPath);
    const lock = await lockForWriting(this.indexPath);
    try {
      const opened = await this.#openForWriting(rebuild, onEvent, signal);
      try {
        const run = { signal: signal ?? new AbortController().signal, onEvent, startedAt, lock };
        const summary = await this.#run(opened, run);
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
    const manifest = await this.#manifest();
    const embedder = await this.#openEmbedder(manifest.model, options.signal);
    const reader = await this.#openForReading(manifest, embedder);
    const indexComplete = manifest.lastIndexedAt !== undefined;
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
        ...(manifest.model === undefined ? {} : { modelName: manifest.model.name }),
        ...(manifest.model?.path === undefined ? {} : { modelPath: manifest.model.path }),
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
    this.#closing.abort();
    await this.#closeReader();
    await Promise.all(Array.from(this.#embedders.values(), (embedder) => embedder.close()));
    this.#embedders.clear();
  }

  async #run(
    { store, manifest, embedder }: OpenedIndex,
    run: { signal: AbortSignal; onEvent: (event: IndexEvent) => void; startedAt: number; lock: WriterLock },
  ): Promise<IndexSummary> {
    const { indexPath, workspace } = this;
    const before = embedder.statistics();
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
    const { truncatedDocuments, replacedThreads } = embedder.statistics();
    if (replacedThreads > before.replacedThreads) {
      const message = `${replacedThreads - before.replacedThreads} crashed threads of the embedding model were replaced.`;
      run.onEvent({ type: "notice", code: "MODEL_THREADS_REPLACED", message });
    }
    return {
      status: interrupted ? "interrupted" : "completed",
      ...totals,
      truncatedChunks: truncatedDocuments - before.truncatedDocuments,
      skipped,
      durationMs: performance.now() - run.startedAt,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  }

  /** Opens, repairs or makes the tables, as the state of the folder asks for; under the lock. */
  async #openForWriting(
    rebuild: boolean,
    onEvent: (event: IndexEvent) => void,
    signal: AbortSignal | undefined,
  ): Promise<OpenedIndex> {
    const notice = (code: string, message: string) => onEvent({ type: "notice", code, message });
    const folder = await this.#inspect();
    const embedder = await this.#openEmbedder(folder.model, signal);
    const { path, pooling } = chooseModel(this.#options, folder.model);
    const fingerprint = this.#fingerprint(embedder, pooling);
    const model: IndexedModel = {
      name: embedder.modelName,
      ...(path === undefined ? {} : { path }),
      ...(pooling === undefined ? {} : { pooling }),
    };
    const reason = rebuild ? "as asked" : rebuildReason(folder, fingerprint, model);
    if (folder.kind === "ready" && reason === undefined) {
      const store = await IndexStore.open(this.indexPath, embedder.dimension);
      return closingOnError(store, async () => {
        if (folder.manifest.state === "writing") {
          const files = await store.repair();
          notice("CONTINUED", `The last run was interrupted; it is continued, with ${files} files to redo.`);
        }
        return { store, embedder, manifest: { ...folder.manifest, model, workspace: this.workspace } };
      });
    }
    if (folder.kind !== "missing") notice("REBUILT", `The index is built anew: ${reason}.`);
    await this.#closeReader();
    await clearIndexFolder(this.indexPath);
    const store = await IndexStore.create(this.indexPath, embedder.dimension);
    return closingOnError(store, async () => {
      const { workspace } = this;
      const manifest: IndexManifest = {
        format: "resona-index",
        schemaVersion,
        fingerprint,
        model,
        workspace,
        state: "clean",
      };
      await writeManifest(this.indexPath, manifest);
      return { store, embedder, manifest };
    });
  }

  async #openForReading({ fingerprint, model }: IndexManifest, embedder: Embedder): Promise<IndexStore> {
    // Only what a query's vector depends on; chunks of another size can still be searched.
    const { pooling } = chooseModel(this.#options, model);
    if (fingerprint["model"] !== embedder.modelId || fingerprint["modelPooling"] !== pooling) {
      const indexed = modelLabel(model?.name, String(fingerprint["model"]), model?.pooling);
      const asked = modelLabel(embedder.modelName, embedder.modelId, pooling);
      throw resonaError("INDEX_OUTDATED", { path: this.indexPath, indexed, asked });
    }
    this.#reader ??= IndexStore.open(this.indexPath, embedder.dimension).catch((error: unknown) => {
      this.#reader = undefined;
      throw error;
    });
    return await this.#reader;
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
  async #inspect(): Promise<IndexFolderState & { readonly model: IndexedModel | undefined }> {
    const folder = await inspectIndexFolder(this.indexPath);
    const isInside = this.indexPath.startsWith(this.workspace + sep);
    // An index inside its workspace moves with it.
    if (folder.kind === "ready" && folder.manifest.workspace !== this.workspace && !isInside) {
      const { workspace } = folder.manifest;
      throw resonaError("INDEX_OF_OTHER_WORKSPACE", { path: this.indexPath, workspace });
    }
    const model =
      folder.kind === "ready" ? folder.manifest.model : folder.kind === "unusable" ? folder.model : undefined;
    return { ...folder, model };
  }

  /** @param indexed the model that the index was made with. */
  async #openEmbedder(indexed: IndexedModel | undefined, signal: AbortSignal | undefined): Promise<Embedder> {
    const model = chooseModel(this.#options, indexed);
    const key = JSON.stringify([model.path, model.pooling]);
    const open = this.#embedders.get(key);
    if (open) return open;
    const closing = this.#closing.signal;
    const either = signal ? AbortSignal.any([signal, closing]) : closing;
    const embedder = await createNativeEmbedder({ ...model, threads: this.#options.modelThreads }, either);
    const other = this.#embedders.get(key);
    if (other || closing.aborted) await embedder.close();
    closing.throwIfAborted();
    if (other) return other;
    this.#embedders.set(key, embedder);
    return embedder;
  }

  #fingerprint(embedder: Embedder, modelPooling: ResolvedOptions["modelPooling"]): Fingerprint {
    const { modelId: model, dimension } = embedder;
    return fingerprintOf({ ...this.#options, modelPooling }, { records: RECORDS_VERSION, model, dimension });
  }
}

interface OpenedIndex {
  readonly store: IndexStore;
  readonly embedder: Embedder;
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
function rebuildReason(folder: IndexFolderState, fingerprint: Fingerprint, model: IndexedModel): string | undefined {
  if (folder.kind === "missing") return undefined;
  if (folder.kind === "unusable") return folder.why;
  const { fingerprint: before, model: indexed } = folder.manifest;
  const changes = fingerprintChanges(before, fingerprint);
  if (!changes.includes("model")) return changes.length > 0 ? `${changes.join(", ")} changed` : undefined;
  const was = modelLabel(indexed?.name, String(before["model"]));
  return `it was made with the embedding model ${was}, now it is ${modelLabel(model.name, String(fingerprint["model"]))}`;
}

/** Two versions of a model have the same name, so some digits of its content's hash are part of the label. */
function modelLabel(name: string | undefined, id: string, pooling?: string): string {
  const facts = [id.slice(0, 12), ...(pooling === undefined ? [] : [`pooling ${pooling}`])].join(", ");
  return name === undefined ? facts : `${name} (${facts})`;
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
