import type { NoticeEvent } from "../model/progress.ts";
import { GitFailure } from "../support/git-process.ts";
import { type CommitNode, diffCommits, millisecondsOf, walkCommits, walkCommitsTouching } from "./commit-changes.ts";
import { incompleteHistory, pathBelow, type Repository } from "./repository.ts";

/** A commit that touched files of interest. */
export interface Commit {
  /** Hexadecimal. */
  readonly hash: string;
  readonly parents: readonly string[];
  readonly authorName: string;
  /** Milliseconds since 1970, by the author's clock. */
  readonly authoredAtMs: number;
  /** First paragraph of the message in one line, at most 500 characters. */
  readonly subject: string;
  /** The rest of the message, without empty lines at its ends, at most `maxBodyChars`. */
  readonly body: string;
  /** The first `maxListedPaths` of the wanted paths that it touched, relative to the folder, in git's order. */
  readonly paths: readonly string[];
  /** How many wanted paths it touched. */
  readonly pathCount: number;
}

const maxSubjectChars = 500;
export const maxBodyChars = 8_000;
export const maxListedPaths = 200;
/** With more files, git takes longer to find their commits than to read all. */
export const maxUnread = 10;

export interface History {
  /** Newest first by the committers' clocks, each once. */
  readonly commits: AsyncGenerator<Commit>;
  /**
   * Those that belonged to the history as it was read before and do so no more: another branch was checked out, or
   * history was rewritten. Undefined if it cannot be told; then `commits` are all there are.
   */
  readonly gone: readonly string[] | undefined;
}

export interface HistoryOptions {
  /** The head of the repository when its history was read before; undefined to read all of it. */
  readonly since?: string | undefined;
  /**
   * A few wanted files of which nothing was wanted then: what touched them comes, too, whenever it was, after the others
   * and perhaps once more. See {@link maxUnread}.
   */
  readonly unread?: readonly string[] | undefined;
  /** Whether a path relative to the folder is of interest. */
  readonly isWanted: (path: string) => boolean;
  readonly signal?: AbortSignal | undefined;
  /** Told when a damaged repository let only a part be read. */
  readonly onNotice?: ((notice: NoticeEvent) => void) | undefined;
}

/**
 * Reads the commits that touched wanted paths, and after the first time only those that are new. A merge touches what
 * differs from all its parents, as `git log -c` shows it: what was changed in the merge itself. Memory is that of one
 * commit and of what git has written ahead.
 *
 * @throws the signal's reason when aborted
 */
export async function readCommits(repository: Repository, options: HistoryOptions): Promise<History> {
  const { since, signal } = options;
  const gone = since === undefined ? undefined : await commitsOnlyIn(repository, since, signal);
  const revisions = gone === undefined ? [repository.head] : [repository.head, `^${since}`];
  const unread = gone === undefined ? [] : (options.unread ?? []);
  return { gone, commits: commitsOf(repository, nodesOf(repository, revisions, unread, signal), options) };
}

/** More are not listed, but taken for another history. */
const maxGone = 10_000;

/** What can be reached from a commit and not from the head; undefined where the commit is not there any more. */
async function commitsOnlyIn(
  repository: Repository,
  commit: string,
  signal: AbortSignal | undefined,
): Promise<string[] | undefined> {
  const only: string[] = [];
  try {
    for await (const { hash } of walkCommits(repository, [commit, `^${repository.head}`], false, signal)) {
      if (only.push(hash) > maxGone) return undefined;
    }
    return only;
  } catch (error) {
    if (error instanceof GitFailure) return undefined;
    throw error;
  }
}

async function* nodesOf(
  repository: Repository,
  revisions: readonly string[],
  unread: readonly string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<CommitNode> {
  yield* walkCommits(repository, revisions, false, signal);
  if (unread.length > 0) yield* walkCommitsTouching(repository, unread, signal);
}

async function* commitsOf(
  repository: Repository,
  nodes: AsyncIterable<CommitNode>,
  { isWanted, signal, onNotice }: HistoryOptions,
): AsyncGenerator<Commit> {
  let commit: CommitSoFar | undefined;
  try {
    for await (const events of diffCommits(repository, nodes, ["%an", "%at", "%s", "%b"], signal)) {
      for (const event of events) {
        if (event.kind === "path") {
          const path = pathBelow(repository, event.path);
          if (commit === undefined || path === undefined || !isWanted(path)) continue;
          if (commit.pathCount++ < maxListedPaths) commit.paths.push(path);
        } else {
          if (commit?.pathCount) yield commit;
          commit = event.kind === "commit" ? startCommit(event.request, event.fields) : undefined;
        }
      }
    }
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    onNotice?.(incompleteHistory(repository, error));
  }
}

interface CommitSoFar extends Commit {
  readonly paths: string[];
  pathCount: number;
}

function startCommit({ hash, parents }: CommitNode, fields: readonly Buffer[]): CommitSoFar {
  const [authorName, time, subject, body] = fields;
  return {
    hash,
    parents,
    authorName: messageText(authorName, maxSubjectChars),
    authoredAtMs: millisecondsOf(time),
    subject: messageText(subject, maxSubjectChars),
    body: messageText(body, maxBodyChars),
    paths: [],
    pathCount: 0,
  };
}

/** Without what would move a terminal's cursor, and cut between characters. */
function messageText(field: Buffer | undefined, maxChars: number): string {
  const text = field?.toString("utf8").replaceAll("\r\n", "\n").replaceAll(unprintable, " ").trim() ?? "";
  return text.slice(0, maxChars).replace(/[\uD800-\uDBFF]$/u, "");
}

const unprintable = /[^\P{Cc}\n\t]/gu;
