import { unlink } from "node:fs/promises";
import { join } from "node:path";

import { filesIn, foldersIn, ifThere, RECENT_MS, statIfThere } from "./table-folder.ts";

/**
 * Files that a writer was killed over before it gave them their names: those of the Rust crate `tempfile`, as in
 * `data/.tmpAbC123`, and those of `object_store`, as in `_versions/18446744073709551614.manifest#1`. No manifest ever
 * names one, and LanceDB's `optimize` removes none.
 */
const leftover = /^\.tmp\w{6}$|.#\d+$/;

/** One leftover, by its path in the table's folder. */
export interface Leftover {
  readonly path: string;
  readonly bytes: number;
  readonly changedMs: number;
}

/** The leftovers in the folder of a table, of any age. */
export async function* leftoversOf(tableFolder: string): AsyncGenerator<Leftover> {
  const folders = ["data", "_deletions", "_transactions", "_versions"];
  for await (const index of foldersIn(join(tableFolder, "_indices"))) folders.push(`_indices/${index}`);
  for (const folder of folders)
    for await (const name of filesIn(join(tableFolder, folder))) {
      if (!leftover.test(name)) continue;
      const path = `${folder}/${name}`;
      const stats = await statIfThere(join(tableFolder, path));
      if (stats !== undefined) yield { path, bytes: stats.size, changedMs: stats.mtimeMs };
    }
}

/**
 * Removes leftovers of killed writers that have not changed for `olderThanMs` milliseconds, an hour by default. For the
 * holder of the writer's lock; the age is for writers that do not know the lock.
 *
 * @param tableFolder `<index>/<table>.lance`.
 * @throws the file system's error if something cannot be read or removed.
 */
export async function sweepLeftovers(
  tableFolder: string,
  { olderThanMs = RECENT_MS }: { readonly olderThanMs?: number } = {},
): Promise<{ readonly bytesRemoved: number; readonly filesRemoved: number }> {
  let [bytesRemoved, filesRemoved] = [0, 0];
  for await (const { path, bytes, changedMs } of leftoversOf(tableFolder)) {
    if (Date.now() - changedMs < olderThanMs) continue;
    await ifThere(unlink(join(tableFolder, path)));
    bytesRemoved += bytes;
    filesRemoved++;
  }
  return { bytesRemoved, filesRemoved };
}
