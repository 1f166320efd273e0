import { realpath } from "node:fs/promises";
import { platform } from "node:process";

import { nameOf } from "../discover/path-bytes.ts";
import { dependencyFolders } from "../discover/walk-folder.ts";
import { openWorkspace, pathInside } from "../discover/workspace.ts";
import { foldersIgnoredByGit, gitFolderOf, gitStateFiles, gitStoreFolders } from "./git-state.ts";
import { ruleFileNames } from "./ignored-changes.ts";
import type { Change } from "./pending-changes.ts";
import { type FolderWatch, watchFolder } from "./watch-folder.ts";

/** What is told of a workspace's files. */
export interface FileListener {
  /** Files and folders that have changed; some of them may be ignored. */
  readonly onChanges: (changes: readonly Change[]) => void;
  /** Which files count may have changed: an ignore file, or what git knows. */
  readonly onRules: () => void;
  /** Changes may have been missed: the watching has to begin anew. */
  readonly onDoubt: () => void;
}

/** A workspace that is being watched. */
export interface FileWatch extends FolderWatch {
  /** Git's own folder of the workspace, where there is one; absolute. */
  readonly gitFolder: string | undefined;
}

/** Version control's own folders and those of dependencies, at any depth, the last in case they are not ignored. */
const unwatchedNames = [".git", ".hg", ".svn", ...dependencyFolders];
const separator = platform === "win32" ? String.raw`[\\/]` : "/";

/** What paths match that have one of the names in them; the watcher's regular expressions know no flags. */
function namesPattern(names: readonly string[]): RegExp {
  const parts = names.map((name) => name.replaceAll(/[.+]/g, String.raw`\$&`));
  return new RegExp(`(^|${separator})(${parts.join("|")})(${separator}|$)`);
}

/**
 * Watches the files of a workspace without the index's own, those of dependencies, those that the user excludes and the
 * folders that git ignores, and the few files in which git keeps what is tracked and checked out.
 *
 * Throws what `watchFolder` throws; nothing is watched then.
 */
export async function watchFiles(
  root: string,
  indexPath: string,
  { onChanges, onRules, onDoubt }: FileListener,
  signal: AbortSignal,
  exclude: readonly string[] = [],
): Promise<FileWatch> {
  const workspace = await openWorkspace(root, indexPath, exclude);
  const { excluded } = workspace;
  const unwatched = namesPattern([...unwatchedNames, ...excluded.plain.names]);
  const isUnwatched = (path: string): boolean =>
    unwatched.test(path) || workspace.isOwn(path) || excluded.holderOf(path) !== undefined;
  const own = pathInside(root, await realpath(indexPath).catch(() => indexPath));
  const ignored = await foldersIgnoredByGit(root, isUnwatched, signal);
  const gitFolder = await gitFolderOf(root, signal);

  const left = [...(own === undefined ? [] : [own]), ...excluded.plain.paths, ...ignored];
  const files = await watchFolder(root, [unwatched, ...left], {
    onTrouble: onDoubt,
    onChanges: (changes) => {
      // The folder itself is moved or gone; another one may have its place.
      if (changes.some(({ path, type }) => path === "" && type !== "update")) onDoubt();
      if (changes.some(({ path }) => ruleFileNames.has(nameOf(path)))) onRules();
      onChanges(changes.filter(({ path }) => path !== "" && !isUnwatched(path)));
    },
  });
  if (gitFolder === undefined) return { close: files.close, gitFolder };
  try {
    const state = await watchFolder(gitFolder, gitStoreFolders, {
      onTrouble: onDoubt,
      onChanges: (changes) => {
        if (changes.some(({ path }) => gitStateFiles.has(path))) onRules();
      },
    });
    return { close: async () => void (await Promise.all([files.close(), state.close()])), gitFolder };
  } catch (error) {
    await files.close();
    throw error;
  }
}
