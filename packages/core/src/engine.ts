import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { resolve, sep } from "node:path";

import { createChunker } from "./chunk/create-chunker.ts";
import type { Embedder } from "./embed/embedder.ts";
import { createNativeEmbedder } from "./embed/native-embedder.ts";
import { type ResonaError, resonaError } from "./errors.ts";
import { indexWorkspace } from "./indexing/index-workspace.ts";
import type { IndexStats, IndexSummary } from "./model/index-summary.ts";
import type { IndexEvent } from "./model/progress.ts";
import type { SearchResult } from "./model/search-hit.ts";
import { type ModelChoice, chooseModel } from "./options/choose-model.ts";
import { fingerprintOf } from "./options/fingerprint.ts";
import { type IndexDifferences, indexDifferences } from "./options/index-differences.ts";
import { type EngineOptions, type RecordOptions, type ResolvedOptions, flagOf, spokenName } from "./options/options.ts";
import { recordOptions } from "./options/record-options.ts";
import { resolveOptions } from "./options/resolve-options.ts";
import { type SearchOptions, searchWorkspace } from "./search/search-workspace.ts";
import { countFileRecords } from "./stats/index-stats.ts";
import {
  type IndexFolderState,
  type IndexManifest,
  type IndexedAs,
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
   * What to do with an index of another model, of other options or of another Resona, to which nothing can be added:
   * build it anew (the default), or reject with INDEX_OUTDATED and leave it as it is. One that cannot be read any more
   * is built anew in any case.
   */
  readonly ifOutdated?: "rebuild" | "refuse";
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
   * Brings the index up to date, or builds it: with the model, the pooling and the size of chunks of the options, else
   * those that it was made with, else the defaults.
   *
   * @throws ResonaError INDEX_OUTDATED if asked to, INDEX_LOCKED, LOCK_LOST, INDEX_FOREIGN, INDEX_OF_OTHER_WORKSPACE,
   * INDEX_FROM_FUTURE, INDEX_NOT_READABLE, INDEX_NOT_WRITABLE, INDEX_DAMAGED, DISK_FULL, STORE_FAILED,
   * WORKSPACE_NOT_READABLE, GIT_FAILED, OPTION_INVALID, and the MODEL_ codes. What was committed before stays.
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
  return new WorkspaceEngine(workspace, engineOptions, resolveOptions(engineOptions, workspace));
}

class WorkspaceEngine implements Engine {
  readonly workspace: string;
  /** Without what the environment says. */
  readonly #given: EngineOptions;
  readonly #options: ResolvedOptions;
  /** By the model's file and pooling: another process may have made the index with another model meanwhile. */
  readonly #embedders = new Map<string, Embedder>();
  readonly #closing = new AbortController();
  #reader: Promise<IndexStore> | undefined;

  constructor(workspace: string, given: EngineOptions, options: ResolvedOptions) {
    this.workspace = workspace;
    this.#given = given;
    this.#options = options;
  }

  get indexPath(): string {
    return this.#options.index;
  }

  async index(options: IndexOptions = {}): Promise<IndexSummary> {
    const { signal, onEvent = () => undefined } = options;
    const startedAt = performance.now();
    // Nothing is created beside what is not ours, nor with a model that cannot be used.
    await this.#openEmbedder(this.#settle((await this.#inspect()).indexed).model, signal);
    await createIndexFolder(this.indexPath);
    const lock = await lockForWriting(this.indexPath);
    try {
      const opened = await this.#openForWriting(options, onEvent);
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
    const { model } = this.#settle(manifest);
    const embedder = await this.#openEmbedder(model, options.signal);
    const reader = await this.#openForReading(manifest, embedder, model);
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
    { store, manifest, embedder, records }: OpenedIndex,
    run: { signal: AbortSignal; onEvent: (event: IndexEvent) => void; startedAt: number; lock: WriterLock },
  ): Promise<IndexSummary> {
    const { indexPath, workspace } = this;
    const before = embedder.statistics();
    const counts = await indexWorkspace(
      { chunker: createChunker({ ...this.#options, ...records }), embedder, store },
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
    const { files, skipped } = await countFileRecords(store.files());
    const { truncatedDocuments, replacedThreads } = embedder.statistics();
    if (replacedThreads > before.replacedThreads) {
      const count = replacedThreads - before.replacedThreads;
      const threads =
        count === 1
          ? "1 crashed thread of the embedding model was"
          : `${count} crashed threads of the embedding model were`;
      const message = `${threads} replaced.`;
      run.onEvent({ type: "notice", code: "MODEL_THREADS_REPLACED", message });
    }
    return {
      status: interrupted ? "interrupted" : "completed",
      ...totals,
      filesInIndex: files,
      ...(Number.isFinite(embedder.maxTokens) ? { maxTokens: embedder.maxTokens } : {}),
      truncatedChunks: truncatedDocuments - before.truncatedDocuments,
      skipped,
      durationMs: performance.now() - run.startedAt,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  }

  /** Opens, repairs or makes the tables, as the state of the folder asks for; under the lock. */
  async #openForWriting(
    { rebuild = false, ifOutdated = "rebuild", signal }: IndexOptions,
    onEvent: (event: IndexEvent) => void,
  ): Promise<OpenedIndex> {
    const notice = (code: string, message: string) => onEvent({ type: "notice", code, message });
    const folder = await this.#inspect();
    const { model: choice, records } = this.#settle(folder.indexed);
    const embedder = await this.#openEmbedder(choice, signal);
    const asked = this.#identity(embedder, choice, records);
    const differences = folder.kind === "ready" ? indexDifferences(folder.manifest, asked, this.#given) : undefined;
    if (differences && ifOutdated === "refuse" && !rebuild) throw this.#outdated(differences);
    if (folder.kind === "ready" && !differences && !rebuild) {
      const store = await IndexStore.open(this.indexPath, embedder.dimension);
      return closingOnError(store, async () => {
        if (folder.manifest.state === "writing") {
          const files = await store.repair();
          const redone = files === 0 ? "" : `, with ${files === 1 ? "1 file" : `${files} files`} to redo`;
          notice("CONTINUED", `The last run was interrupted; it is continued${redone}.`);
        }
        const manifest = { ...folder.manifest, model: asked.model, workspace: this.workspace };
        return { store, embedder, records, manifest };
      });
    }
    const why = folder.kind === "unusable" ? folder.why : differences?.reasons.join("; ");
    const reason = rebuild || why === undefined ? "as asked" : why;
    if (folder.kind !== "missing") notice("REBUILT", `The index is built anew: ${reason}.`);
    await this.#closeReader();
    await clearIndexFolder(this.indexPath);
    const store = await IndexStore.create(this.indexPath, embedder.dimension);
    return closingOnError(store, async () => {
      const { workspace } = this;
      const manifest: IndexManifest = {
        format: "resona-index",
        schemaVersion,
        ...asked,
        workspace,
        state: "clean",
      };
      await writeManifest(this.indexPath, manifest);
      return { store, embedder, records, manifest };
    });
  }

  async #openForReading(manifest: IndexManifest, embedder: Embedder, model: ModelChoice): Promise<IndexStore> {
    // Only what a query's vector depends on counts; chunks of another size can still be searched.
    const { modelPooling: _, ...fingerprint } = manifest.fingerprint;
    const pooling = model.pooling === undefined ? {} : { modelPooling: model.pooling };
    const asked = {
      fingerprint: { ...fingerprint, model: embedder.modelId, ...pooling },
      model: indexedModel(embedder, model),
    };
    const differences = indexDifferences(manifest, asked, this.#given);
    if (differences) throw this.#outdated(differences);
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
  async #inspect(): Promise<IndexFolderState & { readonly indexed: IndexedAs | undefined }> {
    const folder = await inspectIndexFolder(this.indexPath);
    const isInside = this.indexPath.startsWith(this.workspace + sep);
    // An index inside its workspace moves with it.
    if (folder.kind === "ready" && folder.manifest.workspace !== this.workspace && !isInside) {
      const { workspace } = folder.manifest;
      throw resonaError("INDEX_OF_OTHER_WORKSPACE", { path: this.indexPath, workspace });
    }
    const indexed = folder.kind === "ready" ? folder.manifest : folder.kind === "unusable" ? folder.indexed : undefined;
    return { ...folder, indexed };
  }

  /** What to work with: as asked, else as the index was made. */
  #settle(indexed: IndexedAs | undefined): { readonly model: ModelChoice; readonly records: RecordOptions } {
    const model = chooseModel(this.#options, indexed?.model);
    // A variable that is set for another workspace's model does no harm here.
    if (model.path === undefined && this.#given.modelPooling !== undefined) {
      const detail = "is of no use with the built-in model, which has no pooling to choose";
      throw resonaError("OPTION_INVALID", { option: flagOf("modelPooling"), detail });
    }
    return { model, records: { ...recordOptions(this.#options, indexed?.fingerprint), modelPooling: model.pooling } };
  }

  #identity(embedder: Embedder, model: ModelChoice, records: RecordOptions): Required<IndexedAs> {
    const { modelId, dimension } = embedder;
    return {
      fingerprint: fingerprintOf(records, { records: RECORDS_VERSION, model: modelId, dimension }),
      model: indexedModel(embedder, model),
    };
  }

  #outdated({ reasons, nextStep }: IndexDifferences): ResonaError {
    return resonaError("INDEX_OUTDATED", { path: this.indexPath, reasons, nextStep });
  }

  async #openEmbedder(model: ModelChoice, signal: AbortSignal | undefined): Promise<Embedder> {
    const key = JSON.stringify([model.path, model.pooling]);
    const open = this.#embedders.get(key);
    if (open) return open;
    const closing = this.#closing.signal;
    const either = signal ? AbortSignal.any([signal, closing]) : closing;
    const saidWith = model.isRemembered ? undefined : spokenName("model", this.#given);
    const source = { ...model, saidWith, threads: this.#options.modelThreads };
    const embedder = await createNativeEmbedder(source, either);
    const other = this.#embedders.get(key);
    if (other || closing.aborted) await embedder.close();
    closing.throwIfAborted();
    if (other) return other;
    this.#embedders.set(key, embedder);
    return embedder;
  }
}

interface OpenedIndex {
  readonly store: IndexStore;
  readonly embedder: Embedder;
  readonly records: RecordOptions;
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

/** What an index remembers of its model. */
function indexedModel({ modelName }: Embedder, { path, pooling }: ModelChoice): NonNullable<IndexedAs["model"]> {
  return {
    name: modelName,
    ...(path === undefined ? {} : { path }),
    ...(pooling === undefined ? {} : { pooling }),
  };
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
