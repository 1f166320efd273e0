import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * How far a run is: counters and one name, never data, so that its size does not depend on that of the run. What is
 * done the tables know; this says that a run was under way and what it had done.
 */
export interface Checkpoint {
  /** ISO 8601. */
  readonly startedAt: string;
  readonly updatedAt: string;
  /** Files or items whose records are committed. */
  readonly sourcesDone: number;
  readonly totalEmbeddings: number;
  readonly batchesProcessed: number;
  /** The file or item that was committed last; its beginning if it is long. */
  readonly last: string;
}

/** A checkpoint is smaller than this, whatever it says. */
export const MAX_CHECKPOINT_BYTES = 1_024;
/** In UTF-8 and JSON a character takes six bytes at most. */
const MAX_LAST_CHARS = 100;

const FILE = "checkpoint.json";

/** The checkpoint that a run has left behind; undefined if there is none, or none that can be read. */
export async function readCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  try {
    const value = JSON.parse(await readFile(join(folder, FILE), "utf8")) as Partial<Checkpoint> | null;
    const { startedAt, updatedAt, sourcesDone, totalEmbeddings, batchesProcessed, last } = value ?? {};
    const counts = [sourcesDone, totalEmbeddings, batchesProcessed];
    const isWhole =
      typeof startedAt === "string" &&
      typeof updatedAt === "string" &&
      typeof last === "string" &&
      counts.every((count) => Number.isSafeInteger(count) && Number(count) >= 0);
    return isWhole ? (value as Checkpoint) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Replaces the checkpoint atomically. It may be lost in a power cut, which costs a sentence to the user and nothing else.
 *
 * @returns its size in bytes.
 */
export async function writeCheckpoint(folder: string, checkpoint: Checkpoint): Promise<number> {
  const target = join(folder, FILE);
  const text = JSON.stringify({ ...checkpoint, last: checkpoint.last.slice(0, MAX_LAST_CHARS) });
  await writeFile(`${target}.new`, text);
  await rename(`${target}.new`, target);
  return Buffer.byteLength(text);
}

export async function removeCheckpoint(folder: string): Promise<void> {
  // The second is left by a process that was killed while it wrote one.
  for (const name of [FILE, `${FILE}.new`]) await rm(join(folder, name), { force: true });
}
