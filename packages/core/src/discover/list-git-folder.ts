import { lstat } from "node:fs/promises";

import { gitPaths } from "./git.ts";
import type { IgnoreRules } from "./ignore-rules.ts";
import { listedBatchSize } from "./listed-entry.ts";
import type { ListedEntry } from "./listed-entry.ts";
import { folderOf, pathFromBytes } from "./path-bytes.ts";
import { dependencyFolders } from "./walk-folder.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Lists a folder of a git work tree (`folder` is workspace-relative, empty for the workspace itself) as git sees it,
 * less what `.resonaignore` files exclude. Dependency folders count only where they are tracked. Of what the user
 * excludes, the highest folder is listed once.
 *
 * @throws GitFailure
 */
export async function* listGitFolder(
  workspace: Workspace,
  folder: string,
  rules: IgnoreRules,
  signal?: AbortSignal,
): AsyncGenerator<ListedEntry[]> {
  const prefix = folder === "" ? "" : `${folder}/`;
  const realFolders = new RealFolders(workspace.root);
  const excluded = new Set<string>();
  const isListed = async (path: string, isFolder: boolean): Promise<boolean> => {
    const parent = folderOf(path);
    if (!(await realFolders.has(parent))) return false;
    return (await rules.of(parent))?.ignores(isFolder ? `${path}/` : path) !== true;
  };
  const admit = async (bytes: Buffer): Promise<ListedEntry | undefined> => {
    const named = pathFromBytes(prefix === "" ? bytes : Buffer.concat([Buffer.from(prefix), bytes]));
    if (!named.isValid)
      return workspace.excluded.holderOf(named.path.slice(2)) === undefined
        ? { kind: "badly-named", path: named.path, bytes: Buffer.from(bytes) }
        : undefined;
    const isRepository = named.path.endsWith("/");
    const path = isRepository ? named.path.slice(0, -1) : named.path;
    if (!isPlainPath(path) || workspace.isOwn(path)) return undefined;
    const holder = workspace.excluded.holderOf(path);
    if (holder !== undefined) {
      if (excluded.has(holder)) return undefined;
      excluded.add(holder);
      const isListedHolder = await isListed(holder, isRepository || holder !== path);
      return isListedHolder ? { kind: "excluded", path: holder } : undefined;
    }
    return (await isListed(path, isRepository)) ? { kind: isRepository ? "repository" : "path", path } : undefined;
  };
  const unlisted = [...dependencyFolders.map((name) => `${name}/`), ...(await excludedPatterns(workspace, folder))];
  for await (const paths of gitPaths(`${workspace.root}/${folder}`, unlisted, signal)) {
    for (let start = 0; start < paths.length; start += listedBatchSize) {
      const admitted = await Promise.all(paths.slice(start, start + listedBatchSize).map(admit));
      yield admitted.filter((entry) => entry !== undefined);
    }
  }
}

/**
 * Patterns for git that keep it from looking into folders that the user excludes. They are meant from the top of the
 * work tree: in a workspace that is a folder of one, they could match the workspace itself.
 */
async function excludedPatterns({ root, excluded }: Workspace, folder: string): Promise<string[]> {
  const { names, paths } = excluded.plain;
  if (folder !== "") return [...names];
  const isTop = await lstat(`${root}/.git`).then(
    () => true,
    () => false,
  );
  return isTop ? [...names, ...paths.map((path) => `/${path}`)] : [];
}

/** A crafted index may hold `../x` or `.git/config`; git itself never writes such paths. */
function isPlainPath(path: string): boolean {
  return !/(?:^|\/)(?:\.{0,2}|\.git)(?:\/|$)/u.test(path);
}

const maxRememberedFolders = 2_000;

/**
 * Which folders are real ones. git still lists the tracked files below a folder that was replaced by a symbolic link;
 * they would be read through the link, from inside the workspace a second time or from outside of it.
 */
class RealFolders {
  readonly #root: string;
  readonly #known = new Map<string, Promise<boolean>>();

  constructor(root: string) {
    this.#root = root;
  }

  has(folder: string): Promise<boolean> {
    let known = this.#known.get(folder);
    if (known === undefined) {
      if (this.#known.size >= maxRememberedFolders) this.#known.clear();
      known = this.#look(folder);
      this.#known.set(folder, known);
    }
    return known;
  }

  async #look(folder: string): Promise<boolean> {
    if (folder === "") return true;
    if (!(await this.has(folderOf(folder)))) return false;
    try {
      return (await lstat(`${this.#root}/${folder}`)).isDirectory();
    } catch (error) {
      // Missing: its tracked files were deleted. Otherwise let each file say why it cannot be looked at.
      return error instanceof Error && "code" in error && error.code !== "ENOENT" && error.code !== "ENOTDIR";
    }
  }
}
