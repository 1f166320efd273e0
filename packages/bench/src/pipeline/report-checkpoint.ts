import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { importCoreInternals } from "../core-internals.ts";
import { type Check, type Section, checkTable } from "../models/report.ts";

const ITEMS = 1_000_000;
const BOUND_BYTES = 1_024;
/** The longest path that Linux takes, of characters that take the most bytes each. */
const lastItems = {
  "a short name": "src/a.ts",
  "4,096 letters": "a".repeat(4_096),
  "4,096 control characters": "\u0001".repeat(4_096),
};

/** The size of the checkpoint of a run that has done a million items. */
export async function reportCheckpoint(): Promise<Section> {
  const { writeCheckpoint } = await importCoreInternals("store/checkpoint");
  const folder = await mkdtemp(join(tmpdir(), "resona-bench-checkpoint-"));
  const at = new Date().toISOString();
  const counts = { sourcesDone: ITEMS, totalEmbeddings: 20 * ITEMS, batchesProcessed: ITEMS };
  const checks: Check[] = [];
  try {
    for (const [name, last] of Object.entries(lastItems)) {
      const bytes = await writeCheckpoint(folder, { startedAt: at, updatedAt: at, ...counts, last });
      checks.push({ name: `last item: ${name}, bytes`, measured: bytes, atMost: BOUND_BYTES });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return { title: `Checkpoint of ${ITEMS.toLocaleString("en-US")} items`, text: [checkTable(checks, 0)], checks };
}
