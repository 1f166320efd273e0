import type { Dirent, Stats } from "node:fs";
import { lstat, opendir } from "node:fs/promises";

/**
 * A file is recent for this long after its last change: it may belong to a commit that is under way without the writer's
 * lock, and may not have reached the disk yet.
 */
export const RECENT_MS: number = 60 * 60_000;

/** Names that are read from a folder at once. */
const LISTING_BUFFER = 256;

/** What is in a folder, entry by entry, as it may hold very many; nothing if it is missing. */
export async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  const entries = await ifThere(opendir(folder, { bufferSize: LISTING_BUFFER }));
  if (entries !== undefined) yield* entries;
}

/** Names of the regular files in a folder. */
export async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const entry of entriesOf(folder)) if (entry.isFile()) yield entry.name;
}

/** Names of the folders in a folder. */
export async function* foldersIn(folder: string): AsyncGenerator<string> {
  for await (const entry of entriesOf(folder)) if (entry.isDirectory()) yield entry.name;
}

/** What is known of a file; undefined if it is gone. */
export async function statIfThere(path: string): Promise<Stats | undefined> {
  return ifThere(lstat(path));
}

/** What `work` gives, or undefined if a file or a folder that it needs is not there. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
