import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";

import { openRegularFile, readBounded } from "./open-regular-file.ts";
import { pathInside } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

const maxPointerBytes = 8_192;

/**
 * What a folder below the workspace's root holds: a repository or submodule of its `own`, a `duplicate` (a linked
 * worktree of a repository that the workspace holds or lies in: the same files over again, once for every branch that
 * somebody has checked out beside his work), or `none`, as for a submodule that is not checked out.
 */
export async function checkoutOf(workspace: Workspace, path: string): Promise<"own" | "duplicate" | "none"> {
  const folder = `${workspace.root}/${path}`;
  const pointer = await readPointer(`${folder}/.git`);
  if (pointer === undefined) return "none";
  const main = mainWorktree(folder, pointer);
  if (main === undefined) return "own";
  try {
    const realMain = await realpath(main);
    const isShared =
      pathInside(workspace.root, realMain) !== undefined || pathInside(realMain, workspace.root) !== undefined;
    return isShared ? "duplicate" : "own";
  } catch {
    return "own";
  }
}

/** The text of a `.git` file, empty for a `.git` folder; undefined when there is neither. */
async function readPointer(path: string): Promise<string | undefined> {
  try {
    if ((await lstat(path)).isDirectory()) return "";
    const file = await openRegularFile(path);
    if (file === undefined) return undefined;
    try {
      return (await readBounded(file.handle, file.size, maxPointerBytes))?.toString("utf8");
    } finally {
      await file.handle.close();
    }
  } catch {
    return undefined;
  }
}

/** The repository's first worktree, from `gitdir: <main>/.git/worktrees/<name>`; undefined for a submodule's pointer. */
function mainWorktree(folder: string, pointer: string): string | undefined {
  const gitDir = /^gitdir: (.+)$/mu.exec(pointer)?.[1]?.trim();
  if (gitDir === undefined) return undefined;
  const worktrees = dirname(resolve(folder, gitDir));
  const commonDir = dirname(worktrees);
  return basename(worktrees) === "worktrees" && basename(commonDir) === ".git" ? dirname(commonDir) : undefined;
}
