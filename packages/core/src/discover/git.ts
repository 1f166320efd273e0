import { GitFailure, gitOutput } from "../support/git-process.ts";
import { separateFields } from "../support/separate-fields.ts";

/**
 * - `listed`: git can list the folder's files.
 * - `ignored`: a repository further up ignores the whole folder, so that the list would be empty.
 * - `bare`: the folder is a repository without a work tree, or git's part of one.
 * - `none`: there is no repository.
 */
type GitStanding = "listed" | "ignored" | "bare" | "none";

/**
 * What git says of a folder.
 *
 * @throws GitFailure when there is a repository that git cannot use, or no git
 */
export async function gitStanding(folder: string, signal?: AbortSignal): Promise<GitStanding> {
  // This command knows no literal paths.
  const args = ["--no-literal-pathspecs", "-C", folder, "check-ignore", "--quiet", "--", "."];
  try {
    for await (const _ of gitOutput(args, { signal }));
    return "ignored";
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    if (error.exitCode === 1) return "listed";
    if (/cannot use bare repository|must be run in a work tree/u.test(error.messages)) return "bare";
    if (/not a git repository/u.test(error.messages)) return "none";
    throw error;
  }
}

/**
 * Paths of the tracked files and of the untracked ones that are not ignored, as bytes relative to `folder`, in batches
 * of what git has written so far. A nested repository is one path that ends with `/`; a submodule is one path without
 * it. Tracked files that no longer exist are among them.
 *
 * @throws GitFailure
 */
export async function* gitPaths(
  folder: string,
  untrackedExcludes: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Buffer[]> {
  const args = ["-C", folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  for (const pattern of untrackedExcludes) args.push("--exclude", pattern);
  let previous: Buffer = Buffer.alloc(0);
  for await (const paths of separateFields(gitOutput(args, { signal }))) {
    // An unmerged path is listed once for each side, one after the other.
    yield paths.filter((path) => {
      const isRepeated = path.equals(previous);
      previous = path;
      return !isRepeated;
    });
  }
}
