import type { IgnoreRules } from "./ignore-rules.ts";
import { listedBatchSize } from "./listed-entry.ts";
import type { ListedEntry } from "./listed-entry.ts";
import { pathFromBytes } from "./path-bytes.ts";
import { readFolder } from "./read-folder.ts";
import type { Child } from "./read-folder.ts";
import type { Workspace } from "./workspace.ts";

/**
 * Folders of installed dependencies and caches: never anybody's own text, and huge. Where an ignore file mentions them
 * it decides; where they are tracked by git they are somebody's choice and stay.
 */
export const dependencyFolders: readonly string[] = ["node_modules", ".venv", "__pycache__"];

/** What version control keeps for itself is never looked at, whatever ignore files say. */
const versionControlNames: ReadonlySet<string> = new Set([".git", ".hg", ".svn"]);

interface OpenFolder {
  readonly path: string;
  /** Sorted by the bytes of their names. */
  readonly children: readonly Child[];
  next: number;
}

/**
 * Lists a folder that git cannot list by walking it depth first, in the order of the names' bytes; `rules` are the
 * kinds of ignore files, each of which may exclude a path. Holds the children of one folder for each level of depth.
 * Folders with a repository of their own are named and not entered; symbolic links are never followed.
 */
export async function* walkFolder(
  workspace: Workspace,
  folder: string,
  rules: readonly IgnoreRules[],
  signal?: AbortSignal,
): AsyncGenerator<ListedEntry[]> {
  let batch: ListedEntry[] = [];
  const open: OpenFolder[] = [];
  const enter = async (path: string): Promise<void> => {
    const children = await childrenOf(`${workspace.root}/${path}`);
    if (children === undefined) {
      batch.push({ kind: "skipped", path, size: 0, mtimeMs: 0, reason: "unreadable" });
    } else if (path !== folder && children.some((child) => child.name.equals(dotGit))) {
      batch.push({ kind: "repository", path });
    } else {
      open.push({ path, children, next: 0 });
    }
  };

  await enter(folder);
  for (let current = open.at(-1); current !== undefined; current = open.at(-1)) {
    signal?.throwIfAborted();
    const child = current.children[current.next];
    current.next += 1;
    if (child === undefined) {
      open.pop();
      continue;
    }
    const prefix = current.path === "" ? "" : `${current.path}/`;
    const bytes = Buffer.concat([Buffer.from(prefix), child.name]);
    const { path, isValid } = pathFromBytes(bytes);
    if (!isValid) {
      batch.push({ kind: "badly-named", path, bytes });
    } else if (
      !versionControlNames.has(path.slice(prefix.length)) &&
      !workspace.isOwn(path) &&
      !(await isIgnored(rules, current.path, child.isDirectory() ? `${path}/` : path))
    ) {
      if (workspace.excluded.holderOf(path) !== undefined) batch.push({ kind: "excluded", path });
      else if (child.isDirectory()) await enter(path);
      else batch.push({ kind: "path", path });
    }
    if (batch.length >= listedBatchSize) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

const dotGit = Buffer.from(".git");

async function isIgnored(rules: readonly IgnoreRules[], folder: string, path: string): Promise<boolean> {
  for (const kind of rules) {
    if ((await kind.of(folder))?.ignores(path) === true) return true;
  }
  return false;
}

/** Undefined when the folder cannot be read; none when it is gone. */
async function childrenOf(folder: string): Promise<Child[] | undefined> {
  try {
    const children = await readFolder(folder);
    return children.toSorted((a, b) => Buffer.compare(a.name, b.name));
  } catch (error) {
    const isGone = error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
    return isGone ? [] : undefined;
  }
}
