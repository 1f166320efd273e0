import type { Stats } from "node:fs";
import { lstat, realpath } from "node:fs/promises";

import type { SkipReason } from "../model/skip-reason.ts";
import type { DiscoveredFile, SkippedFile } from "../model/source-file.ts";
import { skipReasonOfName } from "./file-name-rules.ts";
import type { ListedEntry } from "./listed-entry.ts";
import { checkoutOf } from "./nested-repository.ts";
import { nameOf } from "./path-bytes.ts";
import { pathInside } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

/** A folder inside of the workspace that is a repository or a checked-out submodule. */
export interface NestedRepository {
  readonly kind: "repository";
  readonly path: string;
}

/**
 * Looks at a listed path without opening it. Undefined for what is not there (a tracked file that was deleted), for
 * what is found by another path (the target of a link within the workspace), and for a submodule without a checkout.
 */
export async function inspectEntry(
  workspace: Workspace,
  entry: ListedEntry,
  maxFileBytes: number,
): Promise<DiscoveredFile | NestedRepository | undefined> {
  if (entry.kind === "skipped") return entry;
  if (entry.kind === "repository") return nested(workspace, entry.path);

  const { path } = entry;
  let stats: Stats;
  try {
    stats = await lstat(
      entry.kind === "badly-named"
        ? Buffer.concat([Buffer.from(`${workspace.root}/`), entry.bytes])
        : `${workspace.root}/${path}`,
    );
  } catch (error) {
    return isMissing(error) ? undefined : { kind: "skipped", path, size: 0, mtimeMs: 0, reason: "unreadable" };
  }
  // What becomes of it is of no interest.
  if (entry.kind === "excluded") return { kind: "skipped", path, size: 0, mtimeMs: 0, reason: "excluded" };

  const { size, mtimeMs } = stats;
  const skipped = (reason: SkipReason): SkippedFile => ({ kind: "skipped", path, size, mtimeMs, reason });
  if (entry.kind === "badly-named") return skipped("unsupported-name");
  if (stats.isSymbolicLink()) {
    const reason = await linkSkipReason(workspace, path);
    return reason === undefined ? undefined : skipped(reason);
  }
  // git lists a submodule as a path like that of a file.
  if (stats.isDirectory()) return nested(workspace, path);
  if (!stats.isFile()) return skipped("not-a-file");
  const reason =
    skipReasonOfName(nameOf(path)) ?? (size === 0 ? "empty" : size > maxFileBytes ? "too-large" : undefined);
  return reason === undefined ? { kind: "file", path, size, mtimeMs } : skipped(reason);
}

/**
 * Symbolic links are never followed. One whose target lies in the workspace is passed over without a word: the target
 * is found by its own path, and would be indexed twice. One that leaves the workspace is told, because the user may
 * expect to find what it points to.
 */
async function linkSkipReason(workspace: Workspace, path: string): Promise<SkipReason | undefined> {
  try {
    const target = await realpath(`${workspace.root}/${path}`);
    return pathInside(workspace.root, target) === undefined ? "outside-link" : undefined;
  } catch {
    // Dangling, in a circle, or through a folder that may not be entered.
    return "unreadable";
  }
}

async function nested(workspace: Workspace, path: string): Promise<NestedRepository | SkippedFile | undefined> {
  const checkout = await checkoutOf(workspace, path);
  if (checkout === "none") return undefined;
  if (checkout === "own") return { kind: "repository", path };
  return { kind: "skipped", path, size: 0, mtimeMs: 0, reason: "linked-worktree" };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
