import { statfs } from "node:fs/promises";

import type { Finding } from "../../model/finding.ts";
import { megabytes } from "../../support/quantities.ts";
import { unaided } from "../remedies.ts";

/** Below this nothing can be relied on any more: a commit of 3,000 chunks takes about 10 MB. */
const LEAST_BYTES = 50e6;
/** Compaction and the making of indexes write everything once more before the old files can go. */
const COMPACTION_FACTOR = 1.2;
const COMPACTION_BYTES = 200e6;

/** Bytes that a user may still write where the index is. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Is there room for what indexing and maintenance write? */
export function checkDisk(free: number, liveBytes: number): Finding[] {
  const needed = liveBytes * COMPACTION_FACTOR + COMPACTION_BYTES;
  if (free >= needed) return [];
  const left = `${megabytes(free)} are left on the disk of the index`;
  const remedy = unaided("Free some space, or choose another place with --index.");
  if (free < LEAST_BYTES)
    return [{ code: "DISK_LOW", severity: "error", sentence: `${left}; writing to it is about to fail.`, remedy }];
  const sentence = `${left}; maintenance may need ${megabytes(needed)} for a while.`;
  return [{ code: "DISK_LOW", severity: "warning", sentence, remedy }];
}
