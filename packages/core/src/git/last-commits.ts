import type { NoticeEvent } from "../model/progress.ts";
import { GitFailure } from "../support/git-process.ts";
import { diffCommits, millisecondsOf, walkCommits } from "./commit-changes.ts";
import { type Comparison, FileTrails, type LastCommit } from "./file-trails.ts";
import { incompleteHistory, pathBelow, type Repository } from "./repository.ts";
import { trackedFiles } from "./tracked-files.ts";

/** The last commits of the files of a folder; small: a number for each file, and each commit once. */
export interface LastCommits {
  /** Of a path relative to the folder; undefined for what is not in the newest commit or was not found. */
  get(path: string): LastCommit | undefined;
  /** Whether the newest commit has a file, among those that were looked for. */
  has(path: string): boolean;
}

export interface LastCommitsOptions {
  /** Only these paths, relative to the folder, are looked for: the fewer, the earlier the search ends. */
  readonly isWanted?: ((path: string) => boolean) | undefined;
  /**
   * An earlier head, at which the search ends. What has not changed since then is left out: its last commit still is
   * what it was.
   */
  readonly since?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told when a damaged repository let only a part be read. */
  readonly onNotice?: ((notice: NoticeEvent) => void) | undefined;
}

/**
 * Finds the last commit of every file of the repository's newest commit, that which `git log -1 -- <file>` shows, for
 * all files in one pass over history, which ends as soon as every file has its commit.
 *
 * No form of `git log --name-only` tells it. As it stands, it says nothing of what merges changed, and takes a change
 * that a merge threw away for the last one; with `-m`, each merge lists all that ever differed on its other side; with
 * `--first-parent`, whatever came with a merge has that merge as its last commit. So the files are followed instead, as
 * `git log` follows one of them (`FileTrails`).
 *
 * A renamed file is a new one, as without `--follow`.
 *
 * @throws the signal's reason when aborted
 */
export async function readLastCommits(repository: Repository, options: LastCommitsOptions = {}): Promise<LastCommits> {
  const { signal, onNotice } = options;
  const files = new Map<string, number>();
  let trails: FileTrails | undefined;
  try {
    for await (const path of trackedFiles(repository, repository.head, signal)) {
      if (options.isWanted?.(path) !== false) files.set(path, files.size);
    }
    trails = new FileTrails(files.size, repository.head, options.since);
    // Commits usually come before their parents by the clock alone, which needs no preparation. Where clocks were
    // wrong, files are left at commits that have been passed.
    await follow(repository, files, trails, false, signal);
    await follow(repository, files, trails, true, signal);
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    onNotice?.(incompleteHistory(repository, error));
  }
  return {
    get(path) {
      const file = files.get(path);
      return file === undefined ? undefined : trails?.lastCommitOf(file);
    },
    has: (path) => files.has(path),
  };
}

async function follow(
  repository: Repository,
  files: ReadonlyMap<string, number>,
  trails: FileTrails,
  isTopological: boolean,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (trails.pending === 0) return;
  const steps = comparisons(repository, trails.commits, isTopological, signal);
  for await (const events of diffCommits(repository, steps, ["%at"], signal)) {
    for (const event of events) {
      if (event.kind === "path") {
        const path = pathBelow(repository, event.path);
        const file = path === undefined ? undefined : files.get(path);
        if (file !== undefined) trails.differs(file);
      } else {
        trails.endComparison();
        if (event.kind === "commit") trails.compare(event.request, millisecondsOf(event.fields[0]));
      }
    }
    if (trails.pending === 0) return;
  }
}

async function* comparisons(
  repository: Repository,
  from: readonly string[],
  isTopological: boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<Comparison> {
  for await (const { hash, parents } of walkCommits(repository, from, isTopological, signal)) {
    if (parents.length === 0) yield { hash, parents, isLast: true };
    for (let count = 1; count <= parents.length; count++) {
      yield { hash, parents: parents.slice(0, count), isLast: count === parents.length };
    }
  }
}
