import { join } from "node:path";

import { type ExpiredVersions, removeExpiredVersions } from "./expired-versions.ts";
import { leftoversOf } from "./leftovers.ts";
import { entriesOf, statIfThere } from "./table-folder.ts";

/** What the files of a table take on the disk; all in bytes. */
export interface TableFiles {
  /** Everything in the table's folder. */
  readonly diskBytes: number;
  /** Left behind by killed writers; see {@link sweepLeftovers}. */
  readonly leftoverBytes: number;
  /** What {@link removeExpiredVersions} would free if it kept the newest version only. */
  readonly reclaimable: ExpiredVersions;
}

/**
 * Measures the files of a table and changes nothing. Needs no lock; while another process commits, `reclaimable` can be
 * refused.
 *
 * @param tableFolder `<index>/<table>.lance`.
 * @throws the file system's error if something cannot be read.
 */
export async function measureTableFiles(tableFolder: string): Promise<TableFiles> {
  let leftoverBytes = 0;
  for await (const { bytes } of leftoversOf(tableFolder)) leftoverBytes += bytes;
  return {
    diskBytes: await bytesIn(tableFolder),
    leftoverBytes,
    reclaimable: await removeExpiredVersions(tableFolder, { olderThan: END_OF_TIME, dryRun: true }),
  };
}

/** The latest that a Date can hold. */
const END_OF_TIME = new Date(8.64e15);

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for await (const entry of entriesOf(folder)) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) bytes += await bytesIn(path);
    else bytes += (await statIfThere(path))?.size ?? 0;
  }
  return bytes;
}
