import { readLastCommits, type LastCommitsOptions } from "./last-commits.ts";
import { mergeBase, type Repository } from "./repository.ts";

/** The last commits of files, brought from an earlier head to the present one. */
export interface LastCommitChanges {
  /**
   * @param before the file's last commit as of the earlier head, in hexadecimal; undefined if it is not known
   * @returns its last commit now; undefined if git does not track it, or none was found
   */
  commitOf(path: string, before: string | undefined): string | undefined;
}

export interface LastCommitChangesOptions extends Omit<LastCommitsOptions, "since" | "isWanted"> {
  readonly isWanted: (path: string) => boolean;
  /** Whether the file's last commit as of the earlier head is known. */
  readonly isKnown: (path: string) => boolean;
  /** The earlier head; undefined: nothing is known. */
  readonly since: string | undefined;
}

/**
 * Finds the last commits of a repository's files when most of them are known as of an earlier head, in time that grows
 * with what has changed since, not with the history: also where another branch was checked out or history was rewritten,
 * as long as the earlier head is still there.
 *
 * Let the base be a commit that both heads come from. A file whose way from the new head leads to the base
 * (`FileTrails`) has the base's last commit, and so has one whose way from the earlier head leads there: then it has the
 * same as before. Only what was changed between the base and the earlier head is looked for beyond the base, with those
 * files of which nothing is known.
 *
 * @throws the signal's reason when aborted
 */
export async function readLastCommitChanges(
  repository: Repository,
  { since, isWanted, isKnown, ...options }: LastCommitChangesOptions,
): Promise<LastCommitChanges> {
  const { head } = repository;
  const base = since === undefined ? undefined : await mergeBase(repository, since, head, options.signal);
  const now = await readLastCommits(repository, { ...options, isWanted, since: base });
  if (since === undefined || base === undefined) return { commitOf: (path) => now.get(path)?.hash };
  const reachesBase = (path: string) => isWanted(path) && now.has(path) && now.get(path) === undefined;
  const left =
    base === since
      ? undefined
      : await readLastCommits({ ...repository, head: since }, { ...options, isWanted: reachesBase, since: base });
  const isLost = (path: string) => !isKnown(path) || left?.get(path) !== undefined;
  const isWantedAtBase = (path: string) => reachesBase(path) && isLost(path);
  const older = await readLastCommits({ ...repository, head: base }, { ...options, isWanted: isWantedAtBase });
  return {
    commitOf(path, before) {
      if (!now.has(path)) return undefined;
      return now.get(path)?.hash ?? (isLost(path) ? older.get(path)?.hash : before);
    },
  };
}
