import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { StoredHashes } from "./changes/stored-hashes.ts";
import { historyRemedies } from "./diagnostics/remedies.ts";
import type { Embedder } from "./embed/embedder.ts";
import {
  createEmbeddingService,
  type EmbeddingServiceOptions,
  type EmbedOptions,
  type ItemService,
} from "./embedding-service.ts";
import { ResonaError } from "./errors.ts";
import { walkCommits } from "./git/commit-changes.ts";
import { type LastCommitChangesOptions, readLastCommitChanges } from "./git/last-commit-changes.ts";
import { type Commit, type History, maxUnread, readCommits } from "./git/read-commits.ts";
import { historyMark, incompleteHistory, markedHead, openRepository, type Repository } from "./git/repository.ts";
import { trackedFiles } from "./git/tracked-files.ts";
import type { IndexHandle } from "./index-handle.ts";
import type { CommitHit, CommitSearchResult, CommitSummary } from "./model/commit-hit.ts";
import type { DatabaseDiagnostics, DiagnosisOptions, HealResult } from "./model/finding.ts";
import type { IndexStats } from "./model/index-summary.ts";
import type { EmbedEvent, EmbedSummary, Item } from "./model/item.ts";
import type { MaintenanceFailure, MaintenanceOptions, MaintenanceResult } from "./model/maintenance.ts";
import type { NoticeEvent } from "./model/progress.ts";
import { fingerprintChanges } from "./options/fingerprint.ts";
import type { ItemSearchOptions } from "./search/search-items.ts";
import type { IndexStore } from "./store/index-store.ts";
import type { FileCommit } from "./store/store.ts";
import { GitFailure } from "./support/git-process.ts";

/** Where in the folder of a workspace's index the commits are: an index of items, as an application's would be. */
const FOLDER = "commits";
/** What has been read of the history. */
const STATE = "history.json";
const PATHS_SHOWN = 20;
/** Commits that are removed at once. */
const REMOVED_AT_ONCE = 5_000;

export interface CommitRun {
  /** Reads and embeds everything again. */
  readonly rebuild?: boolean | undefined;
  /** Whether a completed run does what maintenance is due, as for `Engine.index`; true by default. */
  readonly maintain?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: EmbedEvent) => void) | undefined;
}

/**
 * The history of a workspace: each commit that touched an indexed file is an item, its message and the paths its text.
 * With them goes the last commit of each indexed file, a column of the table of files.
 */
export class CommitIndex {
  readonly #workspace: string;
  readonly #files: IndexHandle<IndexStore>;
  readonly #folder: string;
  readonly #service: ItemService;

  /**
   * @param files the index of the workspace's files.
   * @param embedders open models, shared with that index.
   */
  constructor(
    workspace: string,
    files: IndexHandle<IndexStore>,
    options: Omit<EmbeddingServiceOptions, "index">,
    embedders: Map<string, Embedder>,
  ) {
    this.#workspace = workspace;
    this.#files = files;
    this.#folder = commitFolder(files.folder);
    const belonging = { embedders, remedies: historyRemedies };
    this.#service = createEmbeddingService({ ...options, index: this.#folder }, belonging);
  }

  /** Whether nothing is new, or at least nothing that a damaged repository gives away; a matter of milliseconds. */
  async isCurrent(signal: AbortSignal | undefined): Promise<boolean> {
    const repository = await openRepository(this.#workspace, signal);
    if (repository.kind === "none") return false;
    const state = await this.#state();
    if (state?.mark !== historyMark(repository)) return false;
    if (hashOf(await this.#files.inspect((store) => store.pathsWithoutCommit())) !== state.filesWithout) return false;
    return (await this.#lostData()) === undefined;
  }

  /**
   * Embeds the commits that are new since the last time, removes those that the history no longer has, and notes the
   * last commit of each file. Everything is read again where what was read cannot be told from what was not: history
   * was lost, a shallow clone was deepened, or many files are indexed that were there before and were not; and embedded
   * again where what was stored is lost.
   */
  async update({ rebuild = false, maintain, signal, onEvent }: CommitRun): Promise<CommitSummary> {
    const repository = await openRepository(this.#workspace, signal);
    if (repository.kind === "none") return { status: "no-history", reason: repository.detail };
    let isComplete = true;
    const onNotice = (notice: NoticeEvent) => {
      // Whatever else is read, it is the same that is missing.
      if (isComplete) onEvent?.(notice);
      isComplete = false;
    };
    const files = await this.#files.inspect(readFiles);
    const lost = rebuild ? undefined : await this.#lostData();
    const state = rebuild || lost !== undefined ? undefined : await this.#state();
    const last = state?.isComplete === true ? state : undefined;
    if (last?.mark === historyMark(repository) && hashOf(files.unknown) === last.filesWithout)
      return { status: "current" };
    const since = last && markedHead(last.mark, repository);
    const reading = { isWanted: (path: string) => files.indexed.has(path), signal, onNotice };
    const unread = since === undefined ? undefined : await unreadFiles(repository, since, files.unknown, signal);
    const read = (from: string | undefined) => readCommits(repository, { ...reading, since: from, unread });
    const history = await read(unread === undefined ? undefined : since);
    const summary = await this.#embed(history, { rebuild, maintain, signal, onEvent }, lost, () => read(undefined));
    if (summary.status === "interrupted") return summary;
    // One commit fewer and another more are as many records as before: from here on only the mark could tell.
    await this.#forget();
    if (isComplete || history.gone) await this.#remove(history.gone, repository, { signal, onNotice });
    const filesWithout = await this.#noteLastCommits(repository, files, { ...reading, since });
    const records = await this.#service.countRecords();
    await this.#save({ mark: historyMark(repository), records, filesWithout, isComplete });
    return summary;
  }

  async search(query: string, options: ItemSearchOptions): Promise<CommitSearchResult> {
    const { hits, durationMs } = await this.#service.search(query, options);
    return { query, durationMs, hits: hits.map(({ metadata, ...hit }) => toHit(hit, metadata as CommitMetadata)) };
  }

  /** Of what can be measured. */
  async stats(): Promise<Pick<IndexStats, "versions" | "fragments" | "commits">> {
    try {
      const { versions, fragments, items: commits } = await this.#service.stats();
      return { versions, fragments, commits };
    } catch (error) {
      // Diagnosis says what is wrong.
      if (error instanceof ResonaError) return { versions: 0, fragments: 0 };
      throw error;
    }
  }

  /** @throws ResonaError as the diagnosis of the files does. */
  diagnose(options: DiagnosisOptions): Promise<DatabaseDiagnostics> {
    const report = options.onProgress;
    const onProgress: typeof report = (done) => report?.({ ...done, table: tableOf(done.table) });
    return this.#service.getDiagnostics({ ...options, onProgress });
  }

  /** What keeps it from being maintained is a failure in the result. */
  async maintain(options: MaintenanceOptions): Promise<MaintenanceResult> {
    const startedAt = performance.now();
    // The details of a step begin with the name of the table.
    const onProgress: MaintenanceOptions["onProgress"] = (step, details) =>
      options.onProgress?.(step, details && tableOf(details));
    try {
      const { failures, ...result } = await this.#service.maintain({ ...options, onProgress });
      return { ...result, failures: failures.map((failure) => ({ ...failure, table: tableOf(failure.table) })) };
    } catch (error) {
      if (!(error instanceof ResonaError)) throw error;
      const { code, message } = error;
      const durationMs = performance.now() - startedAt;
      const failure: MaintenanceFailure = { step: "sweep", table: tableOf("chunks"), code, message };
      // Where nothing has been read yet there is nothing to maintain.
      const failures = code === "NO_INDEX" ? [] : [failure];
      return { indexRebuilt: false, durationMs, stepMs: {}, failures, notes: [], interrupted: false };
    }
  }

  /** What is lost by that, or cannot be healed, the next `update` reads anew. */
  async heal(): Promise<HealResult> {
    await this.#forget();
    try {
      const { tables } = await this.#service.heal();
      return { tables: tables.map((healed) => ({ ...healed, table: tableOf(healed.table) })) };
    } catch (error) {
      if (isAbsent(error)) return { tables: [] };
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#service.close();
  }

  /**
   * Without opening the model where nothing is new.
   *
   * @param lost what is missing of the stored commits, so that all of them are to be embedded again
   */
  async #embed(
    history: History,
    run: CommitRun,
    lost: string | undefined,
    readAll: () => Promise<History>,
  ): Promise<CommitSummary> {
    const { commits, gone } = history;
    try {
      if (run.rebuild === true || lost !== undefined) return await this.#rebuild(commits, run, lost);
      const first = await commits.next();
      if (first.done === true && gone !== undefined) return { status: "current" };
      return await this.#embedItems(itemsOf(resumed(first, commits)), run, { ifOutdated: "refuse" });
    } catch (error) {
      if (!(error instanceof ResonaError && unusable.has(error.code)) || run.rebuild === true) throw error;
      // Another process has changed the model of both since this one was opened.
      if (error.code === "INDEX_OUTDATED" && (await this.#isEmbeddedAsFiles())) throw error;
      // With another model, or where it cannot be read, nothing of what is there can stay.
      return await this.#rebuild((await readAll()).commits, run, error.message);
    } finally {
      // Ends git where nobody has asked for all commits.
      await commits.return(undefined);
    }
  }

  /** @param why a sentence that the notice gives as the reason */
  async #rebuild(commits: AsyncIterable<Commit>, run: CommitRun, why: string | undefined): Promise<EmbedSummary> {
    await this.#forget();
    const onEvent = (event: EmbedEvent) => {
      const isReason = why !== undefined && event.type === "notice" && event.code === "REBUILT";
      run.onEvent?.(isReason ? { ...event, message: `${why} All commits are read and embedded anew.` } : event);
    };
    return this.#embedItems(itemsOf(commits), { ...run, onEvent }, { rebuild: true });
  }

  #embedItems(
    items: AsyncIterable<Item>,
    { maintain, signal, onEvent }: CommitRun,
    options: Pick<EmbedOptions, "ifOutdated" | "rebuild">,
  ): Promise<EmbedSummary> {
    const given = {
      ...options,
      ...(signal === undefined ? {} : { signal }),
      ...(onEvent === undefined ? {} : { onEvent }),
    };
    return this.#service.embedBatch(items, given, maintain);
  }

  /** Brings the last commits of files from an earlier head to the present one; `hashOf` those that have none then. */
  async #noteLastCommits(
    repository: Repository,
    { indexed, unknown }: IndexedFiles,
    reading: Omit<LastCommitChangesOptions, "isKnown">,
  ): Promise<string> {
    const isKnown = (path: string) => !unknown.has(path);
    const changes = await readLastCommitChanges(repository, { ...reading, isKnown });
    return this.#files.writeStored(async (store, lock) => {
      const changed: FileCommit[] = [];
      const without: string[] = [];
      for await (const batch of store.lastCommits())
        for (const { path, isIndexed, commit: before } of batch) {
          const commit = isIndexed ? changes.commitOf(path, before) : undefined;
          if (commit !== before) changed.push({ path, commit });
          // What was indexed only meanwhile has not been looked for.
          if (commit === undefined && indexed.has(path)) without.push(path);
        }
      lock.assertHeld();
      await store.setLastCommits(changed);
      return hashOf(without);
    });
  }

  /** Removes commits that are gone; if it is not known which, all that the head does not come from. */
  async #remove(
    gone: History["gone"],
    repository: Repository,
    { signal, onNotice }: { readonly signal: AbortSignal | undefined; readonly onNotice: (event: NoticeEvent) => void },
  ): Promise<void> {
    if (gone !== undefined) {
      if (gone.length > 0) await this.#service.delete(gone);
      return;
    }
    const presence = new Uint8Array(16);
    const reachable = new StoredHashes();
    try {
      for await (const { hash } of walkCommits(repository, [repository.head], false, signal))
        reachable.set(hash, presence);
    } catch (error) {
      if (!(error instanceof GitFailure)) throw error;
      onNotice(incompleteHistory(repository, error));
      return;
    }
    const isStale = (hash: string) => reachable.compare(hash, presence) === "new";
    for (let found = REMOVED_AT_ONCE; found === REMOVED_AT_ONCE;) {
      const stale = await this.#service.findIds(isStale, REMOVED_AT_ONCE);
      if (stale.length > 0) await this.#service.delete(stale);
      found = stale.length;
    }
  }

  /** What was stored the last time; undefined where that is not what is stored now, or not what would be stored now. */
  async #state(): Promise<HistoryState | undefined> {
    try {
      const state = JSON.parse(await readFile(join(this.#folder, STATE), "utf8")) as Partial<HistoryState>;
      if (!isWhole(state) || !(await this.#isEmbeddedAsFiles())) return undefined;
      return state.records === (await this.#service.countRecords()) ? state : undefined;
    } catch (error) {
      if (error instanceof ResonaError && !isAbsent(error)) throw error;
      return undefined;
    }
  }

  /** What is lost of the stored commits, as far as a look of milliseconds tells; where they cannot be opened, `#state` does. */
  async #lostData(): Promise<string | undefined> {
    try {
      return (await this.#service.findLostData())?.sentence;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  /** Until the next `#save` everything counts as unread. */
  async #forget(): Promise<void> {
    await rm(join(this.#folder, STATE), { force: true });
  }

  async #save(state: HistoryState): Promise<void> {
    const target = join(this.#folder, STATE);
    await writeFile(`${target}.new`, JSON.stringify(state));
    await rename(`${target}.new`, target);
  }

  /** Whether the stored commits are; another process may have changed what one of the two was made with. */
  async #isEmbeddedAsFiles(): Promise<boolean> {
    const { fingerprint } = await this.#files.manifest();
    return fingerprintChanges(fingerprint, await this.#service.fingerprint()).length === 0;
  }
}

/** Whether the history of a workspace was asked for: by the folder of its index. */
export function hasCommits(indexPath: string): boolean {
  return existsSync(commitFolder(indexPath));
}

/** The name of a table as seen from the index of the workspace. */
function tableOf(name: string): string {
  return `${FOLDER}/${name}`;
}

function commitFolder(indexPath: string): string {
  return join(indexPath, FOLDER);
}

/** What has been read of the history and is stored; written when it is. */
interface HistoryState {
  /** See `historyMark`. */
  readonly mark: string;
  /** In the index of commits. */
  readonly records: number;
  /** `hashOf` the indexed files that have no last commit: git does not track them, or they were not found. */
  readonly filesWithout: string;
  /** False where a damaged repository let only a part be read. */
  readonly isComplete: boolean;
}

function isWhole(state: Partial<HistoryState>): state is HistoryState {
  return (
    typeof state.mark === "string" &&
    typeof state.filesWithout === "string" &&
    typeof state.records === "number" &&
    typeof state.isComplete === "boolean"
  );
}

const unusable: ReadonlySet<string> = new Set(["INDEX_OUTDATED", "INDEX_TORN", "INDEX_DAMAGED"]);
const absent: ReadonlySet<string> = new Set(["NO_INDEX", "INDEX_TORN", "INDEX_DAMAGED"]);

/** Whether there is nothing that could be read before the next run. */
function isAbsent(error: unknown): error is ResonaError {
  return error instanceof ResonaError && absent.has(error.code);
}

interface IndexedFiles {
  readonly indexed: ReadonlySet<string>;
  /** Those that have no last commit. */
  readonly unknown: ReadonlySet<string>;
}

async function readFiles(store: IndexStore): Promise<IndexedFiles> {
  const indexed = new Set<string>();
  const unknown = new Set<string>();
  for await (const batch of store.lastCommits())
    for (const { path, isIndexed, commit } of batch) {
      if (!isIndexed) continue;
      indexed.add(path);
      if (commit === undefined) unknown.add(path);
    }
  return { indexed, unknown };
}

/** Of paths in any order. */
function hashOf(paths: Iterable<string>): string {
  return createHash("sha256")
    .update([...paths].toSorted().join("\0"))
    .digest("hex");
}

/** Which of the files a commit has; undefined if that cannot be told, or all commits are better read again. */
async function unreadFiles(
  repository: Repository,
  commit: string,
  files: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<readonly string[] | undefined> {
  const found: string[] = [];
  if (files.size === 0) return found;
  try {
    for await (const path of trackedFiles(repository, commit, signal))
      if (files.has(path) && (found.push(path) > maxUnread || /[\r\n]/u.test(path))) return undefined;
    return found;
  } catch (error) {
    if (error instanceof GitFailure) return undefined;
    throw error;
  }
}

async function* resumed<T>(first: IteratorResult<T, unknown>, rest: AsyncIterable<T>): AsyncGenerator<T> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

interface CommitMetadata extends Pick<CommitHit, "subject" | "authorName" | "authoredAt" | "paths" | "pathCount"> {}

async function* itemsOf(commits: AsyncIterable<Commit>): AsyncGenerator<Item> {
  for await (const { hash, subject, body, authorName, authoredAtMs, paths, pathCount } of commits) {
    const metadata: CommitMetadata = {
      subject,
      authorName,
      authoredAt: new Date(authoredAtMs).toISOString(),
      paths: paths.slice(0, PATHS_SHOWN),
      pathCount,
    };
    const text = [subject, body, paths.join("\n")].filter((part) => part !== "").join("\n\n");
    yield { id: hash, text, metadata };
  }
}

function toHit(
  { id, text, score }: { readonly id: string; readonly text: string; readonly score: number },
  metadata: CommitMetadata,
): CommitHit {
  return { hash: id, ...metadata, text, score };
}
