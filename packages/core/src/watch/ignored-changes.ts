import { IgnoreRules } from "../discover/ignore-rules.ts";
import { folderOf } from "../discover/path-bytes.ts";
import { dependencyFolders } from "../discover/walk-folder.ts";
import { pathsIgnoredByGit } from "./git-state.ts";

/** Files whose change may make others appear or go. */
export const ruleFileNames: ReadonlySet<string> = new Set([".gitignore", ".resonaignore"]);

/**
 * Those of the paths (relative to the workspace) that discovery passes over, by the rules as they are now: by
 * `.resonaignore`, by git where it can tell, otherwise by `.gitignore`. Paths need not exist.
 */
export async function ignoredChanges(
  workspace: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const own = await ignoredByRules(paths, new IgnoreRules(workspace, ".resonaignore"));
  const rest = paths.filter((path) => !own.has(path));
  if (rest.length === 0) return own;
  const defaults = dependencyFolders.map((name) => `${name}/`);
  const others =
    (await pathsIgnoredByGit(workspace, rest, signal)) ??
    (await ignoredByRules(rest, new IgnoreRules(workspace, ".gitignore", defaults)));
  for (const path of others) own.add(path);
  return own;
}

async function ignoredByRules(paths: readonly string[], rules: IgnoreRules): Promise<Set<string>> {
  const ignored = new Set<string>();
  for (const path of paths) if ((await rules.of(folderOf(path)))?.ignores(path) === true) ignored.add(path);
  return ignored;
}
