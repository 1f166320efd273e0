import { constants, existsSync } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";

import { createChunker } from "./chunk/create-chunker.ts";
import { KeptChunker } from "./chunk/kept-chunker.ts";
import { CommitIndex, type CommitRun, hasCommits } from "./commit-index.ts";
import { workspaceRemedies } from "./diagnostics/remedies.ts";
import { withHistory as withHistoryDiagnosed } from "./diagnostics/with-history.ts";
import { countFiles } from "./discover/discover-files.ts";
import type { Embedder } from "./embed/embedder.ts";
import { ResonaError, resonaError } from "./errors.ts";
import { IndexHandle, KEEP_VERSIONS_DAYS, type StoreKind, type WritableIndex } from "./index-handle.ts";
import { embeddingTotals } from "./indexing/embedding-totals.ts";
import { indexWorkspace } from "./indexing/index-workspace.ts";
import { maintainInPassing } from "./maintenance/maintain-in-passing.ts";
import { withHistory as withHistoryMaintained } from "./maintenance/with-history.ts";
import type { CommitSearchResult, CommitSummary } from "./model/commit-hit.ts";
import type { DatabaseDiagnostics, DiagnosisOptions, HealResult } from "./model/finding.ts";
import type { IndexStats, IndexSummary } from "./model/index-summary.ts";
import type { MaintenanceOptions, MaintenanceResult } from "./model/maintenance.ts";
import type { IndexEvent, ProgressEvent } from "./model/progress.ts";
import type { SearchResult } from "./model/search-hit.ts";
import { BUILT_IN_MODEL, type EngineOptions, type ResolvedOptions } from "./options/options.ts";
import { resolveOptions } from "./options/resolve-options.ts";
import type { ItemSearchOptions } from "./search/search-items.ts";
import { type SearchOptions, searchWorkspace } from "./search/search-workspace.ts";
import { describeIndex } from "./stats/describe-index.ts";
import { countFileRecords } from "./stats/index-stats.ts";
import { storageStats } from "./stats/storage-stats.ts";
import { IndexStore } from "./store/index-store.ts";
import { type WatchedIndex, type WatchOptions, watchWorkspace } from "./watch/watch-workspace.ts";

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
   * Whether a completed run does what maintenance is due, which takes many times longer than a file that was saved. True
   * by default; who passes false calls `maintain({ onlyIfNeeded: true })` in a pause, before some dozens of such runs.
   */
  readonly maintain?: boolean;
  /**
   * Aborting commits what is embedded and ends the run with `status: "interrupted"`; the next run continues. While the
   * model is still being loaded, the call rejects with the signal's reason.
   */
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: IndexEvent) => void;
}

export interface CountOptions {
  /** Where to stop. */
  readonly limit: number;
  /** Aborting rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** One workspace and its index. Not for use after `close`. */
export interface Engine {
  /** Absolute, with links resolved. */
  readonly workspace: string;
  /** Absolute. */
  readonly indexPath: string;
  /**
   * Counts the files that a run would look at, up to a limit; with those that it would leave out for their size or kind.
   *
   * @throws ResonaError WORKSPACE_NOT_FOUND, WORKSPACE_NOT_A_FOLDER, WORKSPACE_NOT_READABLE, GIT_BARE_REPOSITORY,
   * GIT_FAILED; the signal's reason when aborted.
   */
  countFiles(options: CountOptions): Promise<number>;
  /**
   * Brings the index up to date, or builds it: with the model, the pooling and the size of chunks of the options, else
   * those that it was made with, else the defaults. Where `indexCommits` was ever called, a completed run does the same
   * for the history; what goes wrong with that is a notice.
   *
   * @throws ResonaError INDEX_OUTDATED if asked to, INDEX_LOCKED, LOCK_LOST, INDEX_FOREIGN, INDEX_OF_OTHER_WORKSPACE,
   * INDEX_FROM_FUTURE, INDEX_NOT_READABLE, INDEX_NOT_WRITABLE, INDEX_DAMAGED, DISK_FULL, STORE_FAILED,
   * WORKSPACE_NOT_FOUND, WORKSPACE_NOT_A_FOLDER, WORKSPACE_NOT_READABLE, GIT_BARE_REPOSITORY, GIT_FAILED,
   * OPTION_INVALID, and the MODEL_ codes. What was committed before stays.
   */
  index(options?: IndexOptions): Promise<IndexSummary>;
  /**
   * Brings the index up to date as `index` does, and again whenever files have changed, until the signal is aborted. A
   * run that fails after the first one is reported, and the next change tries again; the lock of another process is
   * waited for.
   *
   * @throws ResonaError as `index`, if the first run fails, except INDEX_LOCKED and LOCK_LOST.
   */
  watch(options: WatchOptions): Promise<void>;
  /**
   * Ranks the files that answer a query, as the index has them now.
   *
   * @throws ResonaError NO_INDEX, INDEX_BEING_BUILT, INDEX_OUTDATED, INDEX_OF_OTHER_WORKSPACE, QUERY_EMPTY,
   * QUERY_TOO_LONG, OPTION_INVALID, the MODEL_ codes, and those of a broken index; the signal's reason when aborted.
   */
  search(query: string, options?: SearchOptions): Promise<SearchResult>;
  /**
   * Embeds the messages of the commits that touched indexed files, with the paths that they touched, and after the first
   * time only those that are new; removes those that the history no longer has; notes the last commit of each file. From
   * then on `index` and `watch` keep all that current. Where there is no git history, the result says why.
   *
   * @throws ResonaError as `index` does, NO_INDEX, INDEX_BEING_BUILT; the signal's reason when
   * aborted while nothing is being embedded.
   */
  indexCommits(options?: CommitRun): Promise<CommitSummary>;
  /**
   * Ranks the commits that answer a query, as `indexCommits` has left them.
   *
   * @throws ResonaError as `search` does.
   */
  searchCommits(query: string, options?: ItemSearchOptions): Promise<CommitSearchResult>;
  /** @throws ResonaError NO_INDEX, INDEX_BEING_BUILT, INDEX_OF_OTHER_WORKSPACE, and those of a broken index. */
  stats(): Promise<IndexStats>;
  /**
   * Compacts, brings the indexes up to date and removes old versions, of the history as well; searches go on meanwhile.
   * A step that fails is in the result, and the others are done all the same.
   *
   * @throws ResonaError OPTION_INVALID, NO_INDEX, INDEX_BEING_BUILT, INDEX_LOCKED, INDEX_OF_OTHER_WORKSPACE,
   * INDEX_NOT_WRITABLE, DISK_FULL (if not even the lock can be taken), INDEX_DAMAGED.
   */
  maintain(options?: MaintenanceOptions): Promise<MaintenanceResult>;
  /**
   * Looks for everything that is known to go wrong with an index and with the history. Changes nothing, needs no lock
   * and works on an index that cannot be opened: trouble is a finding, not an error. Quick unless `deep` is asked for;
   * memory does not grow with the number of records either way.
   *
   * @throws ResonaError NO_INDEX, INDEX_BEING_BUILT; the signal's reason when aborted.
   */
  getDiagnostics(options?: DiagnosisOptions): Promise<DatabaseDiagnostics>;
  /**
   * Makes tables that a power cut has made unopenable go back to their newest whole version, as `index` does, without
   * embedding anything; those of the history as well. What was lost the next `index` does again.
   *
   * @throws ResonaError NO_INDEX, INDEX_BEING_BUILT, INDEX_LOCKED, INDEX_OF_OTHER_WORKSPACE, INDEX_NOT_WRITABLE,
   * DISK_FULL, INDEX_DAMAGED if only building it anew helps.
   */
  heal(): Promise<HealResult>;
  /** Ends threads and closes files; waits for nothing. */
  close(): Promise<void>;
}

/** The composition root behind `openEngine`: the one place that constructs stages. */
export async function createEngine(options: { readonly workspace: string } & EngineOptions): Promise<Engine> {
  const { workspace: given, ...engineOptions } = options;
  const workspace = await resolveWorkspace(resolve(given));
  return new WorkspaceEngine(workspace, engineOptions, resolveOptions(engineOptions, workspace));
}

const workspaceStore: StoreKind<IndexStore> = {
  contents: "workspace",
  remedies: workspaceRemedies,
  open: (folder, dimension) => IndexStore.open(folder, dimension),
  create: (folder, dimension) => IndexStore.create(folder, dimension),
  repair: (store) => store.repair(),
};

class WorkspaceEngine implements Engine {
  readonly workspace: string;
  readonly #options: ResolvedOptions;
  readonly #index: IndexHandle<IndexStore>;
  readonly #embedders = new Map<string, Embedder>();
  /** By the model: another process may have made the index of files with another one meanwhile. */
  readonly #commits = new Map<string, CommitIndex>();

  constructor(workspace: string, given: EngineOptions, options: ResolvedOptions) {
    this.workspace = workspace;
    this.#options = options;
    this.#index = new IndexHandle(workspaceStore, given, options, workspace, this.#embedders);
  }

  get indexPath(): string {
    return this.#index.folder;
  }

  async countFiles({ limit, signal }: CountOptions): Promise<number> {
    const { maxFileBytes, exclude } = this.#options;
    return countFiles(this.workspace, { maxFileBytes, exclude, indexPath: this.indexPath, signal }, limit);
  }

  async index(options: IndexOptions = {}): Promise<IndexSummary> {
    return this.#indexFiles(options, options.maintain ?? true);
  }

  async watch(options: WatchOptions): Promise<void> {
    const { workspace, indexPath } = this;
    const { exclude } = this.#options;
    const chunker = new KeptChunker();
    const maintain: WatchedIndex["maintain"] = async ({ signal, onEvent }) => {
      // Maintenance can use the memory.
      await chunker.close();
      const due = { retentionDays: KEEP_VERSIONS_DAYS, signal };
      await maintainInPassing((settings) => this.maintain(settings), due, onEvent);
    };
    const index: WatchedIndex["index"] = async (run) => {
      if (!run.maintain) return this.#indexFiles(run, false, chunker);
      await chunker.close();
      return this.#indexFiles(run, true);
    };
    try {
      await watchWorkspace({ workspace, indexPath, exclude, index, maintain }, options);
    } finally {
      await chunker.close();
    }
  }

  async search(query: string, options: SearchOptions = {}): Promise<SearchResult> {
    const { store, embedder, manifest } = await this.#index.read(options);
    const indexComplete = manifest.lastIndexedAt !== undefined;
    const result = await searchWorkspace(query, { reader: store, embedder }, options);
    if (!hasCommits(this.indexPath)) return { ...result, indexComplete };
    const commits = await store.lastCommitsOf(result.hits.map(({ path }) => path));
    const hits = result.hits.map((hit) => {
      const lastCommit = commits.get(hit.path);
      return lastCommit === undefined ? hit : { ...hit, lastCommit };
    });
    return { ...result, hits, indexComplete };
  }

  async indexCommits(options: CommitRun = {}): Promise<CommitSummary> {
    return (await this.#openCommits()).update(options);
  }

  async searchCommits(query: string, options: ItemSearchOptions = {}): Promise<CommitSearchResult> {
    return (await this.#openCommits()).search(query, options);
  }

  /** With the model and the size of chunks of the files: queries should not need two. */
  async #openCommits(): Promise<CommitIndex> {
    const { model, fingerprint } = await this.#index.manifest();
    const { modelThreads, remoteEmbedding, batchSize, rateLimitDelayMs } = this.#options;
    const source =
      model?.url === undefined
        ? { model: model?.path ?? BUILT_IN_MODEL, modelPooling: model?.pooling }
        : { embeddingUrl: model.url, embeddingModel: model.serviceModel };
    const chunkChars = Number(fingerprint["chunkChars"]);
    const key = JSON.stringify({ ...source, chunkChars });
    const options = { ...source, chunkChars, modelThreads, remoteEmbedding, batchSize, rateLimitDelayMs };
    const commits = this.#commits.get(key) ?? new CommitIndex(this.workspace, this.#index, options, this.#embedders);
    this.#commits.set(key, commits);
    return commits;
  }

  async stats(): Promise<IndexStats> {
    const stats = await this.#index.inspect(async (store, manifest) => ({
      ...describeIndex(this.indexPath, manifest),
      workspace: this.workspace,
      ...(await fileStats(store)),
      ...(await storageStats(store.tables, this.indexPath, manifest)),
    }));
    if (!hasCommits(this.indexPath)) return stats;
    const { versions, fragments, ...history } = await (await this.#openCommits()).stats();
    return { ...stats, ...history, versions: stats.versions + versions, fragments: stats.fragments + fragments };
  }

  async maintain(options: MaintenanceOptions = {}): Promise<MaintenanceResult> {
    const files = await this.#index.maintain(options);
    if (files.interrupted || !hasCommits(this.indexPath)) return files;
    return withHistoryMaintained(files, await (await this.#openCommits()).maintain(options));
  }

  async getDiagnostics(options: DiagnosisOptions = {}): Promise<DatabaseDiagnostics> {
    const files = await this.#index.diagnose(options);
    if (!hasCommits(this.indexPath)) return files;
    try {
      return withHistoryDiagnosed(files, await (await this.#openCommits()).diagnose(options));
    } catch (error) {
      // It is not there yet, or of no use without the files', which is among the findings.
      if (error instanceof ResonaError) return files;
      throw error;
    }
  }

  async heal(): Promise<HealResult> {
    const { tables } = await this.#index.heal();
    if (!hasCommits(this.indexPath)) return { tables };
    const history = await (await this.#openCommits()).heal();
    return { tables: [...tables, ...history.tables] };
  }

  async close(): Promise<void> {
    for (const commits of this.#commits.values()) await commits.close();
    await this.#index.close();
  }

  async #indexFiles(options: IndexOptions, maintain: boolean, kept?: KeptChunker): Promise<IndexSummary> {
    const { signal = new AbortController().signal } = options;
    const startedAt = performance.now();
    let files: ProgressEvent | undefined;
    const onEvent = (event: IndexEvent) => {
      if (event.type === "progress") files = event;
      options.onEvent?.(event);
    };
    // It was there when the engine was opened; the folder of the index would make it again, empty.
    await resolveWorkspace(this.workspace);
    // Nothing is created where nothing can be indexed, such as in a bare repository.
    if (!existsSync(this.indexPath)) await this.countFiles({ limit: 1, signal });
    const summary = await this.#index.write({ ...options, onEvent }, (index) => {
      const hooks = maintain ? index : { ...index, maintainIfNeeded: () => Promise.resolve() };
      return this.#run(hooks, { signal, onEvent, startedAt }, kept);
    });
    if (summary.status !== "completed" || !hasCommits(this.indexPath)) return summary;
    const history = await this.#keepCommits({ rebuild: options.rebuild, maintain, signal, onEvent, files });
    return { ...summary, ...history, durationMs: performance.now() - startedAt };
  }

  /** Brings the history up to date; the files are, whatever becomes of it. */
  async #keepCommits({
    rebuild = false,
    maintain,
    signal,
    onEvent,
    files,
  }: {
    readonly rebuild: boolean | undefined;
    readonly maintain: boolean;
    readonly signal: AbortSignal;
    readonly onEvent: (event: IndexEvent) => void;
    /** The last that was told of the files. */
    readonly files: ProgressEvent | undefined;
  }): Promise<Partial<Pick<IndexSummary, "status" | "commitsIndexed">>> {
    try {
      const commits = await this.#openCommits();
      if (!rebuild && (await commits.isCurrent(signal))) return { commitsIndexed: 0 };
      const progress = (commitsRead: number, commitsEmbedded: number, rssBytes: number) => {
        if (files) onEvent({ ...files, stage: "history", commitsRead, commitsEmbedded, rssBytes });
      };
      progress(0, 0, process.memoryUsage.rss());
      const summary = await commits.update({
        rebuild,
        maintain,
        signal,
        onEvent: (event) => {
          if (event.type === "item-progress") progress(event.itemsRead, event.itemsEmbedded, event.rssBytes);
          if (event.type === "debug") onEvent(event);
          if (event.type === "notice") onEvent({ ...event, message: `History: ${event.message}` });
        },
      });
      if (summary.status === "completed") return { commitsIndexed: summary.itemsEmbedded };
      if (summary.status === "interrupted") return { status: "interrupted" };
      return summary.status === "current" ? { commitsIndexed: 0 } : {};
    } catch (error) {
      if (signal.aborted) return { status: "interrupted" };
      const message = `The history was not brought up to date: ${error instanceof Error ? error.message : String(error)}`;
      onEvent({ type: "notice", code: "COMMITS_FAILED", message });
      return {};
    }
  }

  async #run(
    index: WritableIndex<IndexStore>,
    { signal, onEvent, startedAt }: { signal: AbortSignal; onEvent: (event: IndexEvent) => void; startedAt: number },
    kept?: KeptChunker,
  ): Promise<IndexSummary> {
    const { store, embedder, records } = index;
    const before = embedder.statistics();
    const chunking = { ...this.#options, ...records };
    const chunker = kept ? await kept.forRun(chunking) : createChunker(chunking);
    const run = { workspace: this.workspace, options: this.#options, signal, onEvent };
    const { interrupted, ...totals } = await indexWorkspace({ chunker, embedder, store }, index, run);
    const { files, skipped, chunkCount } = await countFileRecords(store.files());
    const collectionCount = await store.countChunks();
    if (!interrupted && collectionCount !== chunkCount) {
      const redo = await store.repair();
      const counts = `The index held ${collectionCount} chunks where its files have ${chunkCount}`;
      onEvent({ type: "notice", code: "COUNT_MISMATCH", message: `${counts}; the next run redoes ${redo} files.` });
    }
    return {
      status: interrupted ? "interrupted" : "completed",
      ...totals,
      filesInIndex: files,
      collectionCount,
      skipped,
      ...embeddingTotals(embedder, before, onEvent),
      durationMs: performance.now() - startedAt,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
    };
  }
}

async function fileStats(store: IndexStore) {
  const { chunkCount: _, ...counts } = await countFileRecords(store.files());
  return counts;
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
