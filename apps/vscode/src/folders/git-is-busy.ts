import { access, readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/**
 * Whether git is changing files of a folder, which may be the root of a repository, below it, a worktree or a submodule.
 *
 * @param path absolute.
 */
export async function gitIsBusy(path: string): Promise<boolean> {
  // Looked for each time, as a repository may be made or moved meanwhile; that costs a few looks at the disk.
  const folder = await gitFolder(path);
  return folder !== undefined && (await isThere(join(folder, "index.lock")));
}

/** The folder in which git keeps the state of the files here. */
async function gitFolder(path: string): Promise<string | undefined> {
  const git = join(path, ".git");
  const found = await stat(git).catch(() => undefined);
  if (found?.isDirectory() === true) return git;
  if (found?.isFile() === true) {
    // Format: gitrepository-layout(5).
    const text = await readFile(git, "utf8").catch(() => "");
    const [, place] = /^gitdir: (.+)/.exec(text) ?? [];
    return place === undefined ? undefined : resolve(path, place);
  }
  const parent = dirname(path);
  return parent === path ? undefined : gitFolder(parent);
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
