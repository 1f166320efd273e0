import { sep } from "node:path";

import type { Misfit } from "./diagnostics/checks/check-identity.ts";
import { diagnoseIndex } from "./diagnostics/diagnose-index.ts";
import { findLostData } from "./diagnostics/find-lost-data.ts";
import { healIndex } from "./diagnostics/heal-index.ts";
import type { Remedies } from "./diagnostics/remedies.ts";
import type { Embedder, OnNotice, Waiting } from "./embed/embedder.ts";
import { createHttpEmbedder, httpModelId, servicePrefixes } from "./embed/http-embedder.ts";
import { identifyModel } from "./embed/identify-model.ts";
import { createNativeEmbedder } from "./embed/native-embedder.ts";
import { ResonaError, resonaError } from "./errors.ts";
import type { CommitHooks } from "./indexing/commit-queue.ts";
import { maintainInPassing } from "./maintenance/maintain-in-passing.ts";
import { maintainTables } from "./maintenance/maintain.ts";
import type { DatabaseDiagnostics, DiagnosisOptions, Finding, HealResult } from "./model/finding.ts";
import type { MaintenanceOptions, MaintenanceResult } from "./model/maintenance.ts";
import type { RunEvent } from "./model/progress.ts";
import { type ModelChoice, chooseModel } from "./options/choose-model.ts";
import { fingerprintOf } from "./options/fingerprint.ts";
import { type IndexDifferences, indexDifferences } from "./options/index-differences.ts";
import { type EngineOptions, type RecordOptions, type ResolvedOptions, flagOf, spokenName } from "./options/options.ts";
import { recordOptions } from "./options/record-options.ts";
import { type Checkpoint, readCheckpoint, removeCheckpoint, writeCheckpoint } from "./store/checkpoint.ts";
import {
  type IndexContents,
  type IndexFolderState,
  type IndexManifest,
  type IndexedAs,
  clearIndexFolder,
  createIndexFolder,
  inspectIndexFolder,
  writeManifest,
} from "./store/index-folder.ts";
import type { LanceTable } from "./store/lance-table.ts";
import { schemaVersion } from "./store/schema.ts";
import { type WriterLock, isBeingWritten, lockForWriting } from "./store/writer-lock.ts";
import { counted } from "./support/quantities.ts";

/**
 * Raise when discovery, chunking, the terms of the full-text index, or what a model is given of a chunk change what is
 * stored for an unchanged file or item; every index is then rebuilt.
 */
const RECORDS_VERSION = 2;
/** Versions that a run has replaced stay readable for an hour by those who opened them. */
export const KEEP_VERSIONS_DAYS: number = 1 / 24;

/** What the stores of both kinds of index have in common. */
interface IndexTables {
  readonly tables: readonly LanceTable[];
  refresh(): Promise<void>;
  close(): void;
}

/** The store of one kind of index. */
export interface StoreKind<S extends IndexTables> {
  readonly contents: IndexContents;
  /** What helps when something is wrong with it. */
  readonly remedies: Remedies;
  open(folder: string, dimension: number): Promise<S>;
  create(folder: string, dimension: number): Promise<S>;
  /** Takes back what a crash has left half done; the number of sources that are to be done again. */
  repair(store: S): Promise<number>;
}

export interface WriteOptions {
  /** Builds the index anew even if it could be brought up to date. */
  readonly rebuild?: boolean | undefined;
  /**
   * What to do with an index of another model, of other options or of another Resona, to which nothing can be added:
   * build it anew (the default), or reject with INDEX_OUTDATED and leave it as it is. One that cannot be read any more
   * is built anew in any case.
   */
  readonly ifOutdated?: "rebuild" | "refuse" | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent: (event: RunEvent) => void;
}

interface OpenOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: OnNotice | undefined;
  /** Somebody waits for it; see `Waiting`. */
  readonly isBrief?: boolean;
}

/** An index opened for writing, under the lock. */
export interface WritableIndex<S> extends CommitHooks {
  readonly store: S;
  readonly embedder: Embedder;
  readonly records: RecordOptions;
}

/** An index opened for reading. */
export interface ReadableIndex<S> {
  readonly store: S;
  readonly embedder: Embedder;
  readonly manifest: IndexManifest;
}

/**
 * The folder of one index with everything that decides whether and how it can be used: manifest, lock, model and
 * tables. The same for an index of a workspace and one of items. Not for use after `close`.
 */
export class IndexHandle<S extends IndexTables> {
  readonly folder: string;
  /** The folder that the files are in; undefined for items. */
  readonly #workspace: string | undefined;
  readonly #kind: StoreKind<S>;
  /** Without what the environment says. */
  readonly #given: EngineOptions;
  readonly #options: ResolvedOptions;
  /** By the model's file and pooling: another process may have made the index with another model meanwhile. */
  readonly #embedders: Map<string, Embedder>;
  readonly #closing = new AbortController();
  #reader: Promise<S> | undefined;

  /** @param embedders open models, if they are shared with another index that is closed at the same time. */
  constructor(
    kind: StoreKind<S>,
    given: EngineOptions,
    options: ResolvedOptions,
    workspace?: string,
    embedders: Map<string, Embedder> = new Map(),
  ) {
    this.folder = options.index;
    this.#workspace = workspace;
    this.#kind = kind;
    this.#given = given;
    this.#options = options;
    this.#embedders = embedders;
  }

  /**
   * Takes the lock, opens, repairs or makes the tables, and runs `work` on them.
   *
   * @throws ResonaError as listed at `Engine.index`.
   */
  async write<T>(options: WriteOptions, work: (index: WritableIndex<S>) => Promise<T>): Promise<T> {
    // Nothing is created beside what is not ours, nor with a model that cannot be used.
    await this.#openEmbedder(this.#settle((await this.#inspect()).indexed).model, options);
    await createIndexFolder(this.folder);
    return this.#locked(async (lock) => {
      const opened = await this.#openForWriting(options);
      return this.#using(opened.store, () => work(this.#writable(opened, lock, options.onEvent)));
    });
  }

  /** Takes the lock and opens the tables of an index that is there, whatever its model; runs `work` on them. */
  async writeStored<T>(work: (store: S, lock: WriterLock) => Promise<T>): Promise<T> {
    await this.manifest();
    return this.#locked(async (lock) => {
      // Read again: another process may have rebuilt the index before the lock was free.
      const store = await this.#openStored(await this.manifest());
      return this.#using(store, () => work(store, lock));
    });
  }

  /** Opens the tables and the model for a search; both stay open for the next one. */
  async read(options: OpenOptions): Promise<ReadableIndex<S>> {
    const manifest = await this.manifest();
    const { model } = this.#settle(manifest);
    const embedder = await this.#openEmbedder(model, { ...options, isBrief: true });
    this.#refuseOtherVectors(manifest, embedder, model);
    this.#reader ??= this.#kind.open(this.folder, embedder.dimension).catch((error: unknown) => {
      this.#reader = undefined;
      throw error;
    });
    return { store: await this.#reader, embedder, manifest };
  }

  /** Opens the tables as they are now, without a model, runs `work` on them and closes them again. */
  async inspect<T>(work: (store: S, manifest: IndexManifest) => Promise<T>): Promise<T> {
    const manifest = await this.manifest();
    const store = await this.#openStored(manifest);
    try {
      return await work(store, manifest);
    } finally {
      store.close();
    }
  }

  /** @throws ResonaError NO_INDEX, INDEX_BEING_BUILT, and those of an index that is not ours to use. */
  async manifest(): Promise<IndexManifest> {
    const state = await this.#inspect();
    if (state.kind === "ready") return state.manifest;
    const path = this.folder;
    throw (await isBeingWritten(path)) ? resonaError("INDEX_BEING_BUILT", { path }) : resonaError("NO_INDEX", { path });
  }

  async maintain(options: MaintenanceOptions): Promise<MaintenanceResult> {
    return this.writeStored(({ tables }, { assertHeld }) =>
      maintainTables(tables, this.folder, { ...options, assertHeld }),
    );
  }

  /** Changes nothing and works on an index that cannot be opened. */
  diagnose(options: DiagnosisOptions): Promise<DatabaseDiagnostics> {
    const { folder } = this;
    const { remedies } = this.#kind;
    const refuseOthers = (manifest: IndexManifest) => {
      this.#refuseOthers(manifest);
    };
    const compare = (manifest: IndexManifest) => this.#compare(manifest, options.signal);
    return diagnoseIndex({ folder, remedies, refuseOthers, compare }, options);
  }

  /** A look of milliseconds at an index that can be opened; see `findLostData`. */
  findLostData(): Promise<Finding | undefined> {
    return this.inspect(({ tables }) => findLostData(tables, this.#kind.remedies));
  }

  /** Makes tables that cannot be opened go back to their newest whole version; the next run does the rest. */
  async heal(): Promise<HealResult> {
    await this.manifest();
    return this.#locked(async () => {
      await this.#closeReader();
      return healIndex(this.folder, await this.manifest());
    });
  }

  /** Ends threads and closes files; waits for nothing. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#closeReader();
    await Promise.all(Array.from(this.#embedders.values(), (embedder) => embedder.close()));
    this.#embedders.clear();
  }

  async #locked<T>(work: (lock: WriterLock) => Promise<T>): Promise<T> {
    const lock = await lockForWriting(this.folder);
    try {
      return await work(lock);
    } finally {
      await lock.release();
    }
  }

  /** Closes the store afterwards, and shows readers of this process what was written. */
  async #using<T>(store: S, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      await (await this.#reader)?.refresh();
      return result;
    } finally {
      store.close();
    }
  }

  #writable(
    { manifest, ...opened }: OpenedIndex<S>,
    lock: WriterLock,
    onEvent: (event: RunEvent) => void,
  ): WritableIndex<S> {
    const { folder } = this;
    const { checkpoint: withCheckpoint } = this.#options;
    const startedAt = new Date().toISOString();
    const debug = (message: string) => {
      onEvent({ type: "debug", message });
    };
    const isFirstBuild = manifest.lastIndexedAt === undefined;
    return {
      ...opened,
      async beforeCommit(batch, expected) {
        lock.assertHeld();
        const memory = `${Math.round(process.memoryUsage.rss() / 1e6)} MB of memory`;
        debug(`Processing batch ${batch}${expected === undefined ? "" : `/${expected}`}, ${memory}.`);
        if (batch === 1) await writeManifest(folder, { ...manifest, state: "writing" });
      },
      async afterCommit({ batches, sources, records, last }) {
        if (!withCheckpoint) return;
        const counts = { sourcesDone: sources, totalEmbeddings: records, batchesProcessed: batches };
        const updatedAt = new Date().toISOString();
        // The next run continues without it as well.
        const bytes = await writeCheckpoint(folder, { startedAt, updatedAt, ...counts, last }).catch(() => undefined);
        debug(bytes === undefined ? "Checkpoint not saved." : `Checkpoint saved, ${bytes} bytes.`);
      },
      async afterLastCommit(isComplete) {
        lock.assertHeld();
        if (isComplete) await removeCheckpoint(folder);
        const finished = isComplete ? { lastIndexedAt: new Date().toISOString() } : {};
        await writeManifest(folder, { ...manifest, state: "clean", ...finished });
      },
      async maintainIfNeeded() {
        // Nobody reads older versions of an index that was never complete.
        const retentionDays = isFirstBuild ? 0 : KEEP_VERSIONS_DAYS;
        const { assertHeld } = lock;
        const maintain = (options: MaintenanceOptions) =>
          maintainTables(opened.store.tables, folder, { ...options, assertHeld });
        await maintainInPassing(maintain, { retentionDays }, onEvent);
      },
    };
  }

  /** Opens, repairs or makes the tables, as the state of the folder asks for; under the lock. */
  async #openForWriting({
    rebuild = false,
    ifOutdated = "rebuild",
    signal,
    onEvent,
  }: WriteOptions): Promise<OpenedIndex<S>> {
    const notice = (code: string, message: string) => {
      onEvent({ type: "notice", code, message });
    };
    const folder = await this.#inspect();
    const { model: choice, records } = this.#settle(folder.indexed);
    const embedder = await this.#openEmbedder(choice, { signal, onEvent });
    const asked = this.#identity(embedder, choice, records);
    const differences = folder.kind === "ready" ? indexDifferences(folder.manifest, asked, this.#given) : undefined;
    if (differences && ifOutdated === "refuse" && !rebuild) throw this.#outdated(differences);
    if (folder.kind === "ready" && !differences && !rebuild) {
      const { store, wasHealed } = await this.#openHealed(folder.manifest, notice);
      return closingOnError(store, async () => {
        const checkpoint = await readCheckpoint(this.folder);
        const isDoubtful = folder.manifest.state === "writing" || wasHealed;
        const toRedo = isDoubtful ? await this.#kind.repair(store) : 0;
        if (isDoubtful || checkpoint !== undefined)
          notice("CONTINUED", await this.#continued(store, checkpoint, toRedo));
        return { store, embedder, records, manifest: { ...folder.manifest, model: asked.model, ...this.#owner() } };
      });
    }
    const why = folder.kind === "unusable" ? folder.why : differences?.reasons.join("; ");
    const reason = rebuild || why === undefined ? "as asked" : why;
    if (folder.kind !== "missing") notice("REBUILT", `The index is built anew: ${reason}.`);
    await this.#closeReader();
    await clearIndexFolder(this.folder);
    const store = await this.#kind.create(this.folder, embedder.dimension);
    return closingOnError(store, async () => {
      const manifest: IndexManifest = {
        format: "resona-index",
        schemaVersion,
        contents: this.#kind.contents,
        ...asked,
        ...this.#owner(),
        state: "clean",
      };
      await writeManifest(this.folder, manifest);
      return { store, embedder, records, manifest };
    });
  }

  /** What is said of a run that continues another one; what counts is what the tables hold. */
  async #continued(store: S, checkpoint: Checkpoint | undefined, toRedo: number): Promise<string> {
    const noun = this.#kind.contents === "items" ? "item" : "file";
    const redone = toRedo === 0 ? "" : `, with ${counted(toRedo, noun)} to redo`;
    if (checkpoint === undefined) return `The last run was interrupted; it is continued${redone}.`;
    const [records, files] = await Promise.all(store.tables.map((table) => table.countRows()));
    const done = files === undefined ? "" : `${counted(files, "file")} with `;
    return `Resuming from checkpoint: the index holds ${done}${counted(records ?? 0, "record")}${redone}.`;
  }

  /** Opens the tables, at their newest whole versions if they are torn. */
  async #openHealed(
    manifest: IndexManifest,
    notice: (code: string, message: string) => void,
  ): Promise<{ readonly store: S; readonly wasHealed: boolean }> {
    try {
      return { store: await this.#openStored(manifest), wasHealed: false };
    } catch (error) {
      if (!(error instanceof ResonaError) || error.code !== "INDEX_TORN") throw error;
      await healIndex(this.folder, manifest);
      notice("HEALED", `${error.message} It goes back to the version before.`);
      return { store: await this.#openStored(manifest), wasHealed: true };
    }
  }

  #openStored({ fingerprint }: IndexManifest): Promise<S> {
    return this.#kind.open(this.folder, Number(fingerprint["dimension"]));
  }

  #owner(): Pick<IndexManifest, "workspace"> {
    return this.#workspace === undefined ? {} : { workspace: this.#workspace };
  }

  /** Only what a query's vector depends on counts; chunks of another size can still be searched. */
  #refuseOtherVectors(manifest: IndexManifest, embedder: Embedder, model: ModelChoice): void {
    const { modelPooling: _, ...fingerprint } = manifest.fingerprint;
    const pooling = model.pooling === undefined ? {} : { modelPooling: model.pooling };
    const asked = {
      fingerprint: { ...fingerprint, model: embedder.modelId, ...pooling },
      model: indexedModel(embedder, model),
    };
    const differences = indexDifferences(manifest, asked, this.#given);
    if (differences) throw this.#outdated(differences);
  }

  async #closeReader(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    (await reader?.catch(() => undefined))?.close();
  }

  /** Looks at the index's folder; refuses one that belongs to another workspace, or holds something else. */
  async #inspect(): Promise<IndexFolderState & { readonly indexed: IndexedAs | undefined }> {
    const state = await inspectIndexFolder(this.folder);
    if (state.kind === "ready") this.#refuseOthers(state.manifest);
    const indexed = state.kind === "ready" ? state.manifest : state.kind === "unusable" ? state.indexed : undefined;
    return { ...state, indexed };
  }

  #refuseOthers({ contents, workspace }: IndexManifest): void {
    const path = this.folder;
    if (contents !== this.#kind.contents) throw resonaError("INDEX_OF_OTHER_CONTENTS", { path, contents });
    // An index inside its workspace moves with it.
    const isInside = this.#workspace !== undefined && path.startsWith(this.#workspace + sep);
    if (workspace !== undefined && workspace !== this.#workspace && !isInside)
      throw resonaError("INDEX_OF_OTHER_WORKSPACE", { path, workspace });
  }

  /** How an index differs from one that would be made now; no model is loaded. */
  async #compare(manifest: IndexManifest, signal: AbortSignal | undefined): Promise<Misfit | undefined> {
    const { model, records } = this.#settle(manifest);
    // Vectors of another dimension come of another model.
    const dimension = Number(manifest.fingerprint["dimension"]);
    const { modelId, modelName } = await this.#identify(model, manifest, dimension, signal);
    const asked = this.#identity({ modelId, modelName, dimension }, model, records);
    const differences = indexDifferences(manifest, asked, this.#given);
    const differs = (name: string) => asked.fingerprint[name] !== manifest.fingerprint[name];
    return differences && { ...differences, isOfOtherVectors: differs("model") || differs("modelPooling") };
  }

  /** Without loading the model, or asking the service that runs it. */
  async #identify(
    model: ModelChoice,
    manifest: IndexManifest,
    dimension: number,
    signal: AbortSignal | undefined,
  ): Promise<Pick<Embedder, "modelId" | "modelName">> {
    if (model.service === undefined) return identifyModel({ ...model, saidWith: this.#saidWith(model) }, signal);
    const name = model.service.model ?? manifest.model?.name ?? "";
    return { modelId: httpModelId(name, dimension, servicePrefixes(model.service.model)), modelName: name };
  }

  /** What to work with: as asked, else as the index was made. */
  #settle(indexed: IndexedAs | undefined): { readonly model: ModelChoice; readonly records: RecordOptions } {
    const model = chooseModel(this.#options, indexed?.model, this.#given);
    // A variable that is set for another workspace's model does no harm here.
    if (model.path === undefined && this.#given.modelPooling !== undefined) {
      const what =
        model.service === undefined ? "the built-in model, which has no" : "an embedding service, which leaves no";
      const detail = `is of no use with ${what} pooling to choose`;
      throw resonaError("OPTION_INVALID", { option: flagOf("modelPooling"), detail });
    }
    return { model, records: { ...recordOptions(this.#options, indexed?.fingerprint), modelPooling: model.pooling } };
  }

  #identity(embedder: ModelIdentity, model: ModelChoice, records: RecordOptions): Required<IndexedAs> {
    const { modelId, dimension } = embedder;
    return {
      fingerprint: fingerprintOf(records, { records: RECORDS_VERSION, model: modelId, dimension }),
      model: indexedModel(embedder, model),
    };
  }

  #outdated({ reasons, nextStep }: IndexDifferences): ResonaError {
    return resonaError("INDEX_OUTDATED", { path: this.folder, reasons, nextStep });
  }

  async #openEmbedder(model: ModelChoice, { signal, onEvent, isBrief = false }: OpenOptions): Promise<Embedder> {
    const key = JSON.stringify([model.path, model.pooling, model.service]);
    const open = this.#embedders.get(key);
    if (open) return open;
    const closing = this.#closing.signal;
    const either = signal ? AbortSignal.any([signal, closing]) : closing;
    const embedder = await this.#createEmbedder(model, either, { isBrief, onNotice: onEvent });
    const other = this.#embedders.get(key);
    if (other || closing.aborted) await embedder.close();
    closing.throwIfAborted();
    if (other) return other;
    this.#embedders.set(key, embedder);
    return embedder;
  }

  #createEmbedder(model: ModelChoice, signal: AbortSignal, waiting: Waiting): Promise<Embedder> {
    const { modelThreads, remoteEmbedding, batchSize, rateLimitDelayMs } = this.#options;
    if (model.service === undefined) {
      const source = { ...model, saidWith: this.#saidWith(model), threads: modelThreads };
      return createNativeEmbedder(source, signal);
    }
    const limits = { remoteEmbedding, batchSize, delayMs: rateLimitDelayMs };
    const prefixes = servicePrefixes(model.service.model);
    return createHttpEmbedder({ ...model.service, ...limits, prefixes }, signal, waiting);
  }

  #saidWith({ isRemembered }: ModelChoice): string | undefined {
    return isRemembered ? undefined : spokenName("model", this.#given);
  }
}

type ModelIdentity = Pick<Embedder, "modelId" | "modelName" | "dimension">;

interface OpenedIndex<S> {
  readonly store: S;
  readonly embedder: Embedder;
  readonly records: RecordOptions;
  readonly manifest: IndexManifest;
}

async function closingOnError<T>(store: IndexTables, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    store.close();
    throw error;
  }
}

/** What an index remembers of its model. */
function indexedModel(
  { modelName }: Pick<Embedder, "modelName">,
  { path, pooling, service }: ModelChoice,
): NonNullable<IndexedAs["model"]> {
  return {
    name: modelName,
    ...(path === undefined ? {} : { path }),
    ...(pooling === undefined ? {} : { pooling }),
    ...(service === undefined ? {} : { url: service.url }),
    ...(service?.model === undefined ? {} : { serviceModel: service.model }),
  };
}
