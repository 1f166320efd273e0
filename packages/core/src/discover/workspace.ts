import { lstat, opendir, realpath, stat } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";

import { resonaError } from "../errors.ts";
import { ExcludedPaths } from "./excluded-paths.ts";

/** The folder that is searched, with what is never looked at in it. */
export interface Workspace {
  /** Absolute, symbolic links resolved. */
  readonly root: string;
  /** Whether a workspace-relative path belongs to the index itself. */
  isOwn(path: string): boolean;
  /** What the user has excluded. */
  readonly excluded: ExcludedPaths;
}

/**
 * Resolves the folder to search and makes sure that it can be.
 *
 * @param exclude globs of what is not to be looked at.
 * @throws ResonaError WORKSPACE_NOT_FOUND, WORKSPACE_NOT_A_FOLDER or WORKSPACE_NOT_READABLE
 */
export async function openWorkspace(
  root: string,
  indexPath: string,
  exclude: readonly string[] = [],
): Promise<Workspace> {
  const realRoot = await readableFolder(root);
  const own = new Set<string>();
  // The index may be named through the same link as the workspace, or through another, or not exist yet.
  for (const [from, to] of [
    [resolve(root), resolve(indexPath)],
    [realRoot, await realpath(indexPath).catch(() => resolve(indexPath))],
  ] as const) {
    const inside = pathInside(from, to);
    if (inside !== undefined && inside !== "") own.add(inside);
  }
  return {
    root: realRoot,
    isOwn: (path) => {
      for (const folder of own) {
        if (path.startsWith(folder) && (path.length === folder.length || path[folder.length] === "/")) return true;
      }
      return false;
    },
    excluded: new ExcludedPaths(exclude),
  };
}

/** `target` relative to `folder` with `/` separators, empty when they are the same; undefined when it lies outside. */
export function pathInside(folder: string, target: string): string | undefined {
  const path = relative(folder, target);
  if (path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path)) return undefined;
  return sep === "/" ? path : path.replaceAll(sep, "/");
}

async function readableFolder(root: string): Promise<string> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(root)).isDirectory();
  } catch (error) {
    const denied = error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
    throw resonaError(denied ? "WORKSPACE_NOT_READABLE" : "WORKSPACE_NOT_FOUND", { path: root }, error);
  }
  if (!isFolder) throw resonaError("WORKSPACE_NOT_A_FOLDER", { path: root });
  try {
    // What the search will do: list the folder, and look at something in it.
    await (await opendir(root)).close();
    await lstat(`${root}/.`);
    return await realpath(root);
  } catch (error) {
    throw resonaError("WORKSPACE_NOT_READABLE", { path: root }, error);
  }
}
