import { lstat } from "node:fs/promises";
import { dirname } from "node:path";

import { resonaError } from "../errors.ts";
import type { NoticeEvent } from "../model/progress.ts";
import type { DiscoveredFile } from "../model/source-file.ts";
import { GitFailure } from "../support/git-process.ts";
import { gitStanding } from "./git.ts";
import { IgnoreRules } from "./ignore-rules.ts";
import { inspectEntry } from "./inspect-entry.ts";
import { listGitFolder } from "./list-git-folder.ts";
import type { ListedEntry } from "./listed-entry.ts";
import { dependencyFolders, walkFolder } from "./walk-folder.ts";
import { openWorkspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

export interface DiscoverOptions {
  /** Larger files are found as skipped. */
  readonly maxFileBytes: number;
  /** Folder of the index, inside or outside of the workspace; nothing below it is found. */
  readonly indexPath: string;
  /** Globs of what is not looked at; a folder that matches is not entered. Found as skipped. */
  readonly exclude?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told when a repository cannot be listed by git and is walked instead. */
  readonly onNotice?: ((notice: NoticeEvent) => void) | undefined;
}

/**
 * Finds the files of a workspace that may be worth indexing, and those that are not with the reason. Nothing is opened
 * but ignore files; no path is found twice; memory does not grow with the number of files, except for those that are
 * excluded one by one.
 *
 * In a git work tree (also in a subfolder of one) these are the tracked and the untracked files that are not ignored,
 * in git's order; elsewhere the folder is walked in the order of names and `.gitignore` files are followed as git would.
 * `.resonaignore` files (same syntax, any depth, from the workspace's root down) take away from either and add nothing;
 * so do the globs of `exclude`, and what those take away is found as skipped, unless it is ignored as well: the highest
 * folder once, and of what git does not track, only what git is not kept from looking at.
 * Nested repositories and checked-out submodules follow their own rules and come after the files around them.
 * Symbolic links are not followed (`inspect-entry.ts`), so that nothing outside of the root is ever read.
 *
 * @throws ResonaError WORKSPACE_NOT_FOUND, WORKSPACE_NOT_A_FOLDER, WORKSPACE_NOT_READABLE; GIT_BARE_REPOSITORY;
 *   GIT_FAILED when git breaks off in the middle of its list, so that the files not listed are not taken for removed
 * @throws the signal's reason when aborted
 */
export async function* discoverFiles(root: string, options: DiscoverOptions): AsyncGenerator<DiscoveredFile> {
  const { signal } = options;
  signal?.throwIfAborted();
  const workspace = await openWorkspace(root, options.indexPath, options.exclude);
  const ownRules = new IgnoreRules(workspace.root, ownIgnoreFile);
  const folders = [""];
  // git names a repository twice when its folder has taken the place of a tracked file.
  const entered = new Set(folders);
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for await (const entries of listFolder(workspace, folder, ownRules, options)) {
      const inspected = await Promise.all(entries.map((entry) => inspectEntry(workspace, entry, options.maxFileBytes)));
      for (const found of inspected) {
        signal?.throwIfAborted();
        if (found === undefined) continue;
        if (found.kind !== "repository") {
          yield found;
        } else if (!entered.has(found.path)) {
          entered.add(found.path);
          folders.push(found.path);
        }
      }
    }
  }
}

/** How many files `discoverFiles` finds, up to a limit. Throws as it does. */
export async function countFiles(root: string, options: DiscoverOptions, limit: number = Infinity): Promise<number> {
  let count = 0;
  if (limit > 0) for await (const _ of discoverFiles(root, options)) if (++count >= limit) break;
  return count;
}

const ownIgnoreFile = ".resonaignore";

/** By git where it can, otherwise by walking. */
async function* listFolder(
  workspace: Workspace,
  folder: string,
  ownRules: IgnoreRules,
  { signal, onNotice }: DiscoverOptions,
): AsyncGenerator<ListedEntry[]> {
  const path = `${workspace.root}/${folder}`;
  let hasListed = false;
  try {
    // A workspace that an outer repository ignores (a build folder, or a home folder under version control) was still
    // asked for by name, and git would list nothing.
    const standing = await gitStanding(path, signal);
    if (standing === "bare" && folder === "") throw resonaError("GIT_BARE_REPOSITORY", { path: workspace.root });
    if (standing === "listed") {
      for await (const entries of listGitFolder(workspace, folder, ownRules, signal)) {
        hasListed = true;
        yield entries;
      }
      return;
    }
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    if (hasListed) throw resonaError("GIT_FAILED", { path, detail: error.message }, error);
    if (await isInRepository(path)) {
      const message = `git cannot list ${path} (${error.message}); the folder is walked instead.`;
      onNotice?.({ type: "notice", code: "GIT_UNUSABLE", message });
    }
  }
  const gitRules = new IgnoreRules(
    workspace.root,
    ".gitignore",
    dependencyFolders.map((name) => `${name}/`),
  );
  yield* walkFolder(workspace, folder, [gitRules, ownRules], signal);
}

/** Whether the folder or one above it holds a `.git`. */
async function isInRepository(folder: string): Promise<boolean> {
  for (let current = folder; ; current = dirname(current)) {
    try {
      await lstat(`${current}/.git`);
      return true;
    } catch {
      if (dirname(current) === current) return false;
    }
  }
}
