import { opendir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Counts the files of a folder without holding their names, and without following links.
 *
 * @param isLeftOut tells by its path (relative to the folder, with `/`) which folder is passed over.
 * @param limit at which to stop counting.
 */
export async function countFiles(folder: string, isLeftOut: (path: string) => boolean, limit: number): Promise<number> {
  const folders = [""];
  let count = 0;
  for (let path = folders.pop(); path !== undefined; path = folders.pop()) {
    // What cannot be read is not indexed either.
    const entries = await opendir(join(folder, path)).catch(() => undefined);
    if (entries === undefined) continue;
    for await (const entry of entries) {
      if (entry.isDirectory()) {
        const child = path === "" ? entry.name : `${path}/${entry.name}`;
        if (!isLeftOut(child)) folders.push(child);
      } else if (entry.isFile() && ++count >= limit) return count;
    }
  }
  return count;
}
