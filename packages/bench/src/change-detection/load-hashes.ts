// A process of its own for one measurement: loads the hashes of a table in one of two ways and prints what that took.
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

import { importCoreInternals } from "../core-internals.ts";
import { TABLE } from "./stored-table.ts";

/** `streamed`: `loadStoredHashes`. `at once`: `toArray` of all rows, then a Map of base ids to hashes in hexadecimal. */
export type LoadWay = "streamed" | "at once";

export interface LoadRequest {
  readonly folder: string;
  readonly way: LoadWay;
  /** Loads, one after another in the same process. */
  readonly times: number;
}

export interface LoadFigures {
  readonly baseIds: number;
  /** Of each load. */
  readonly ms: readonly number[];
  /** The most memory of the process during the loads, over what it had with the table open. */
  readonly peakAddedMB: number;
  /** Memory of the process with the table open. */
  readonly openMB: number;
  /** Bytes of the map for each base id: of its arrays, or by which it makes V8's heap larger. */
  readonly bytesPerBaseId: number;
}

const importInternals = () => importCoreInternals("changes/stored-hashes", "store/lance", "store/read-hashes");
type Internals = Awaited<ReturnType<typeof importInternals>>;
type Table = Awaited<ReturnType<Awaited<ReturnType<Internals["connect"]>>["openTable"]>>;

/** Rows of a batch; the store reads as many. */
const BATCH_ROWS = 8_192;
const columns = ["id", "text_hash"];

const [, , request = ""] = process.argv;
console.log(JSON.stringify(await measure(JSON.parse(request) as LoadRequest)));

async function measure({ folder, way, times }: LoadRequest): Promise<LoadFigures> {
  const core = await importInternals();
  const db = await core.connect(folder);
  const table = await db.openTable(TABLE);
  // The first query starts LanceDB's threads; a process that opens a table to search it has had one.
  await table.query().select(["id"]).limit(1).toArray();
  await collectGarbage();
  const openMB = await memoryMB("VmRSS");
  await forgetPeak();
  const heapBefore = heapBytes();
  const ms: number[] = [];
  let held: { readonly size: number; readonly byteLength?: number } | undefined;
  for (let i = 0; i < times; i++) {
    const startedAt = performance.now();
    held = await (way === "streamed" ? loadStreamed(core, table) : loadAtOnce(table));
    ms.push(performance.now() - startedAt);
  }
  const peakAddedMB = (await memoryMB("VmHWM")) - openMB;
  await collectGarbage();
  const baseIds = held?.size ?? 0;
  const bytes = held?.byteLength ?? heapBytes() - heapBefore;
  return { baseIds, ms, peakAddedMB, openMB, bytesPerBaseId: bytes / baseIds };
}

function loadStreamed(core: Internals, table: Table): ReturnType<Internals["loadStoredHashes"]> {
  type Batch = Parameters<Internals["readHashColumns"]>[0];
  // Declared as protected; the public iterator has batches of 1,024 rows only.
  type Executable = { execute(options: { maxBatchLength: number }): AsyncIterable<Batch> };
  const query = table.query().select(columns) as unknown as Executable;
  async function* batches(): AsyncGenerator<ReturnType<Internals["readHashColumns"]>> {
    for await (const batch of query.execute({ maxBatchLength: BATCH_ROWS })) yield core.readHashColumns(batch);
  }
  return core.loadStoredHashes(batches());
}

/** Without looking whether the records of an item agree, which would take this way longer still. */
async function loadAtOnce(table: Table): Promise<ReadonlyMap<string, string>> {
  const rows: { id: string; text_hash: Uint8Array }[] = await table.query().select(columns).toArray();
  const hashes = new Map<string, string>();
  for (const { id, text_hash } of rows)
    hashes.set(id.slice(0, id.lastIndexOf("#")), Buffer.from(text_hash).toString("hex"));
  return hashes;
}

/** Buffers outside V8's heap are given back after a collection, between two tasks. */
async function collectGarbage(): Promise<void> {
  if (!globalThis.gc) throw new Error("Start this with --expose-gc.");
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    await setTimeout(20);
  }
}

function heapBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Makes Linux count the peak of the memory from now on. */
async function forgetPeak(): Promise<void> {
  await writeFile("/proc/self/clear_refs", "5");
}

/** Memory as Linux counts it: `VmRSS` now, `VmHWM` at most. */
async function memoryMB(name: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await readFile("/proc/self/status", "utf8");
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1];
  if (kilobytes === undefined) throw new Error(`/proc/self/status has no ${name}.`);
  return (Number(kilobytes) * 1_024) / 1e6;
}
