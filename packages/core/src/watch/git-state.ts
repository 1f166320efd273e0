import { gitAnswer, GitFailure, gitOutput } from "../support/git-process.ts";
import { separateFields } from "../support/separate-fields.ts";

/**
 * Where git keeps what it knows of a work tree: `.git` in its top folder, or elsewhere for a linked one. Absolute;
 * undefined where git is of no use.
 */
export async function gitFolderOf(workspace: string, signal: AbortSignal): Promise<string | undefined> {
  return ifGitCan(async () => {
    const folder = await gitAnswer(["-C", workspace, "rev-parse", "--absolute-git-dir"], { signal });
    return folder === "" ? undefined : folder;
  });
}

/** What in git's folder decides which files it lists, and which commit is checked out. */
export const gitStateFiles: ReadonlySet<string> = new Set(["HEAD", "index", "info/exclude", "logs/HEAD"]);

/** What in git's folder is large, and says nothing of that. */
export const gitStoreFolders: readonly string[] = [
  "objects",
  "refs",
  "logs/refs",
  "modules",
  "worktrees",
  "lfs",
  "hooks",
];

/** Each of them is compared with every path of the workspace. */
const MAX_IGNORED_FOLDERS = 100;

/**
 * The folders that git ignores as a whole, as far as there are not too many; relative to the workspace, without the
 * slash. None where git is of no use, or an outer repository ignores the workspace itself.
 */
export async function foldersIgnoredByGit(
  workspace: string,
  isKnown: (folder: string) => boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  // The list names also folders that only hold nothing else yet; what is created in these counts.
  const ignored = await pathsIgnoredByGit(workspace, await foldersOfIgnored(workspace, isKnown, signal), signal);
  return [...(ignored ?? [])];
}

async function foldersOfIgnored(
  workspace: string,
  isKnown: (folder: string) => boolean,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const folders: string[] = [];
  await ifGitCan(async () => {
    const args = ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"];
    for await (const paths of separateFields(gitOutput(["-C", workspace, ...args], { signal })))
      for (const bytes of paths) {
        const path = bytes.toString("utf8");
        const folder = path.slice(0, -1);
        if (!path.endsWith("/") || isKnown(folder)) continue;
        if (folders.push(folder) >= MAX_IGNORED_FOLDERS) return;
      }
  });
  return folders;
}

/**
 * Those of the paths (relative to the workspace) that git ignores; tracked ones are never among them. Undefined where
 * git cannot tell, or an outer repository ignores the workspace itself, so that its word does not count.
 */
export async function pathsIgnoredByGit(
  workspace: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string> | undefined> {
  return ifGitCan(async () => {
    // git takes a path that begins with a colon for a pattern, and has no way to say otherwise in this command.
    const asked = [".", ...paths.map((path) => `./${path}`)];
    const args = ["--no-literal-pathspecs", "-C", workspace, "check-ignore", "-z", "--stdin"];
    const ignored = new Set<string>();
    try {
      for await (const answers of separateFields(gitOutput(args, { signal, input: terminated(asked) })))
        for (const path of answers) ignored.add(path.toString("utf8").slice(2));
    } catch (error) {
      // None of them.
      if (!(error instanceof GitFailure) || error.exitCode !== 1) throw error;
    }
    return ignored.has("") ? undefined : ignored;
  });
}

// oxlint-disable-next-line require-await -- what is given to git is a stream
async function* terminated(paths: readonly string[]): AsyncGenerator<string> {
  yield paths.map((path) => `${path}\0`).join("");
}

async function ifGitCan<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof GitFailure) return undefined;
    throw error;
  }
}
