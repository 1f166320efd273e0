import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { StoredHashes } from "./changes/stored-hashes.ts";
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
import { type Commit, type History, readCommits } from "./git/read-commits.ts";
import { historyMark, incompleteHistory, markedHead, openRepository, type Repository } from "./git/repository.ts";
import { trackedFiles } from "./git/tracked-files.ts";
import type { IndexHandle } from "./index-handle.ts";
import type { CommitHit, CommitSearchResult, CommitSummary } from "./model/commit-hit.ts";
import type { EmbedEvent, EmbedSummary, Item } from "./model/item.ts";
import type { NoticeEvent } from "./model/progress.ts";
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
    this.#service = createEmbeddingService({ ...options, index: this.#folder }, embedders);
  }

  /** Whether nothing is new, or at least nothing that a damaged repository gives away; a matter of milliseconds. */
  async isCurrent(signal: AbortSignal | undefined): Promise<boolean> {
    const repository = await openRepository(this.#workspace, signal);
    if (repository.kind === "none") return false;
    const state = await this.#state();
    if (state?.mark !== historyMark(repository)) return false;
    return hashOf(await this.#files.inspect((store) => store.pathsWithoutCommit())) === state.filesWithout;
  }

  /**
   * Embeds the commits that are new since the last time, removes those that the history no longer has, and notes the
   * last commit of each file. Everything is read again where what was read cannot be told from what was not: history
   * was lost, a shallow clone was deepened, or files are indexed that were there before and were not.
   */
  async update({ rebuild = false, signal, onEvent }: CommitRun): Promise<CommitSummary> {
    const repository = await openRepository(this.#workspace, signal);
    if (repository.kind === "none") return { status: "no-history", reason: repository.detail };
    let isComplete = true;
    const onNotice = (notice: NoticeEvent) => {
      // Whatever else is read, it is the same that is missing.
      if (isComplete) onEvent?.(notice);
      isComplete = false;
    };
    const files = await this.#files.inspect(readFiles);
    const fingerprint = await this.#fingerprint();
    const state = rebuild ? undefined : await this.#state();
    const last = state?.isComplete === true ? state : undefined;
    if (last?.mark === historyMark(repository) && hashOf(files.unknown) === last.filesWithout)
      return { status: "current" };
    const since = last && markedHead(last.mark, repository);
    const reading = { isWanted: (path: string) => files.indexed.has(path), signal, onNotice };
    const areKnown = since !== undefined && !(await hadAny(repository, since, files.unknown, signal));
    const read = (from: string | undefined) => readCommits(repository, { ...reading, since: from });
    const history = await read(areKnown ? since : undefined);
    const summary = await this.#embed(history, { rebuild, signal, onEvent }, () => read(undefined));
    if (summary.status === "interrupted") return summary;
    // One commit fewer and another more are as many records as before: from here on only the mark could tell.
    await this.#forget();
    if (isComplete || history.gone) await this.#remove(history.gone, repository, { signal, onNotice });
    const filesWithout = await this.#noteLastCommits(repository, files, { ...reading, since });
    const records = await this.#service.countRecords();
    await this.#save({ mark: historyMark(repository), fingerprint, records, filesWithout, isComplete });
    return summary;
  }

  async search(query: string, options: ItemSearchOptions): Promise<CommitSearchResult> {
    const { hits, durationMs } = await this.#service.search(query, options);
    return { query, durationMs, hits: hits.map(({ metadata, ...hit }) => toHit(hit, metadata as CommitMetadata)) };
  }

  close(): Promise<void> {
    return this.#service.close();
  }

  /** Without opening the model where nothing is new. */
  async #embed(history: History, run: CommitRun, readAll: () => Promise<History>): Promise<CommitSummary> {
    const { commits, gone } = history;
    try {
      if (run.rebuild === true) return await this.#rebuild(commits, run);
      const first = await commits.next();
      if (first.done === true && gone !== undefined) return { status: "current" };
      return await this.#embedItems(itemsOf(resumed(first, commits)), run, { ifOutdated: "refuse" });
    } catch (error) {
      if (!(error instanceof ResonaError && unusable.has(error.code)) || run.rebuild === true) throw error;
      // With another model, or where it cannot be read, nothing of what is there can stay.
      return await this.#rebuild((await readAll()).commits, run);
    } finally {
      // Ends git where nobody has asked for all commits.
      await commits.return(undefined);
    }
  }

  async #rebuild(commits: AsyncIterable<Commit>, run: CommitRun): Promise<EmbedSummary> {
    await this.#forget();
    return this.#embedItems(itemsOf(commits), run, { rebuild: true });
  }

  #embedItems(
    items: AsyncIterable<Item>,
    { signal, onEvent }: CommitRun,
    options: Pick<EmbedOptions, "ifOutdated" | "rebuild">,
  ): Promise<EmbedSummary> {
    return this.#service.embedBatch(items, {
      ...options,
      ...(signal === undefined ? {} : { signal }),
      ...(onEvent === undefined ? {} : { onEvent }),
    });
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
      if (!isWhole(state) || state.fingerprint !== (await this.#fingerprint())) return undefined;
      return state.records === (await this.#service.countRecords()) ? state : undefined;
    } catch (error) {
      if (error instanceof ResonaError && !absent.has(error.code)) throw error;
      return undefined;
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

  /** Commits are embedded as files are. */
  async #fingerprint(): Promise<string> {
    return JSON.stringify((await this.#files.manifest()).fingerprint);
  }
}

/** Whether the history of a workspace was asked for: by the folder of its index. */
export function hasCommits(indexPath: string): boolean {
  return existsSync(commitFolder(indexPath));
}

function commitFolder(indexPath: string): string {
  return join(indexPath, FOLDER);
}

/** What has been read of the history and is stored; written when it is. */
interface HistoryState {
  /** See `historyMark`. */
  readonly mark: string;
  /** Of the index of files. */
  readonly fingerprint: string;
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

/** Whether a commit has one of the files; also if that cannot be told. */
async function hadAny(
  repository: Repository,
  commit: string,
  files: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (files.size === 0) return false;
  try {
    for await (const path of trackedFiles(repository, commit, signal)) if (files.has(path)) return true;
    return false;
  } catch (error) {
    if (error instanceof GitFailure) return true;
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
