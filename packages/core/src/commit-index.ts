import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { createEmbeddingService, type EmbeddingService, type EmbeddingServiceOptions } from "./embedding-service.ts";
import { ResonaError } from "./errors.ts";
import { type Commit, type History, readCommits } from "./git/read-commits.ts";
import { openRepository } from "./git/repository.ts";
import type { CommitHit, CommitSearchResult, CommitSummary } from "./model/commit-hit.ts";
import type { EmbedEvent, EmbedSummary, Item } from "./model/item.ts";
import type { ItemSearchOptions } from "./search/search-items.ts";

/** Where in the folder of a workspace's index the commits are: an index of items, as an application's would be. */
const FOLDER = "commits";
/** What has been read of the history. */
const MARK = "history.json";
const PATHS_SHOWN = 20;

export interface CommitRun {
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: EmbedEvent) => void) | undefined;
}

/** The history of a workspace: each commit that touched an indexed file is an item, its message and the paths its text. */
export class CommitIndex {
  readonly #workspace: string;
  readonly #folder: string;
  readonly #service: EmbeddingService;

  constructor(workspace: string, indexPath: string, options: Omit<EmbeddingServiceOptions, "index">) {
    this.#workspace = workspace;
    this.#folder = join(indexPath, FOLDER);
    this.#service = createEmbeddingService({ ...options, index: this.#folder });
  }

  /**
   * Embeds the commits that are new since the last time. Those that a rewritten history no longer has stay until the
   * index is built anew.
   *
   * @param isIndexed whether a path of the workspace is one of an indexed file.
   */
  async update(isIndexed: (path: string) => boolean, run: CommitRun): Promise<CommitSummary> {
    const { signal, onEvent } = run;
    const repository = await openRepository(this.#workspace, signal);
    if (repository.kind === "none") return { status: "no-history", reason: repository.detail };
    const read = (since: string | undefined) =>
      readCommits(repository, { since, isWanted: isIndexed, signal, onNotice: onEvent });
    const history = await read(await this.#mark());
    const summary = await this.#embed(history, run, "refuse").catch(async (error: unknown) => {
      if (!(error instanceof ResonaError && error.code === "INDEX_OUTDATED")) throw error;
      // With another model nothing of what is there can stay.
      return this.#embed(await read(undefined), run, "rebuild");
    });
    if (summary.status === "completed") await this.#setMark(history.mark);
    return summary;
  }

  async search(query: string, options: ItemSearchOptions): Promise<CommitSearchResult> {
    const { hits, durationMs } = await this.#service.search(query, options);
    return { query, durationMs, hits: hits.map(({ metadata, ...hit }) => toHit(hit, metadata as CommitMetadata)) };
  }

  close(): Promise<void> {
    return this.#service.close();
  }

  #embed(history: History, { signal, onEvent }: CommitRun, ifOutdated: "rebuild" | "refuse"): Promise<EmbedSummary> {
    return this.#service.embedBatch(itemsOf(history.commits), {
      ifOutdated,
      ...(signal === undefined ? {} : { signal }),
      ...(onEvent === undefined ? {} : { onEvent }),
    });
  }

  /** Undefined where nothing has been read, or what was is not stored any more. */
  async #mark(): Promise<string | undefined> {
    try {
      const { mark, records } = JSON.parse(await readFile(join(this.#folder, MARK), "utf8")) as Partial<Mark>;
      const { chunks } = await this.#service.stats();
      return typeof mark === "string" && chunks === records ? mark : undefined;
    } catch (error) {
      if (error instanceof ResonaError && !absent.has(error.code)) throw error;
      return undefined;
    }
  }

  async #setMark(mark: string): Promise<void> {
    const { chunks: records } = await this.#service.stats();
    const target = join(this.#folder, MARK);
    await writeFile(`${target}.new`, JSON.stringify({ mark, records } satisfies Mark));
    await rename(`${target}.new`, target);
  }
}

interface Mark {
  readonly mark: string;
  /** That the index held then. */
  readonly records: number;
}

const absent: ReadonlySet<string> = new Set(["NO_INDEX", "INDEX_TORN", "INDEX_DAMAGED"]);

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
