import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

import type { MaintenanceOptions, MaintenanceResult } from "@resona/core";

import { importCoreInternals } from "../core-internals.ts";
import { DIMENSION, seeded, syntheticItem, syntheticQueries, vocabularyWord } from "./synthetic-items.ts";

/** A query is asked so long after the last one was answered, so that queries are a load and not the whole load. */
const PAUSE_MS = 20;

/** What a table is like. */
export interface TableFigures {
  readonly rows: number;
  readonly fragments: number;
  readonly versions: number;
  readonly vectorSegments: number;
  readonly diskBytes: number;
  readonly liveBytes: number;
  readonly reclaimableBytes: number;
}

export interface MaintainFigures {
  readonly result: MaintenanceResult;
  /** The most memory of the process, Node and LanceDB included. */
  readonly peakMB: number;
}

/** What a process of the benchmark can be asked to do, each in the folder of an index of items. */
export const tasks = {
  /** Writes a new table of items from 0 on. */
  async write(request: {
    folder: string;
    items: number;
    recordsPerItem: number;
    itemsPerCommit: number;
  }): Promise<void> {
    const { ItemStore } = await importCoreInternals("store/item-store");
    const { items, itemsPerCommit } = request;
    const store = await ItemStore.create(request.folder, DIMENSION);
    for (let from = 0; from < items; from += itemsPerCommit) {
      const written = Array.from({ length: Math.min(itemsPerCommit, items - from) }, (_, i) => ({
        source: syntheticItem(from + i, 0, request.recordsPerItem),
        isKnown: false,
      }));
      await store.commit({ written, removed: [] });
    }
    store.close();
  },

  /** Replaces so many items of a table by others of the same ids, in one commit. */
  async change(request: { folder: string; items: number; count: number; generation: number }): Promise<void> {
    const { ItemStore } = await importCoreInternals("store/item-store");
    const store = await ItemStore.open(request.folder, DIMENSION);
    const random = seeded(request.generation);
    const picked = new Set<number>();
    while (picked.size < request.count) picked.add(Math.floor(random() * request.items));
    const written = [...picked].map((n) => ({ source: syntheticItem(n, request.generation), isKnown: true }));
    await store.commit({ written, removed: [] });
    store.close();
  },

  /** Maintains as `resona embed maintain` does. Of shorter vectors than the true ones fewer tables get a vector index. */
  async maintain(request: {
    folder: string;
    options: MaintenanceOptions;
    dimension?: number;
  }): Promise<MaintainFigures> {
    const { ItemStore, maintainTables } = await importCoreInternals("store/item-store", "maintenance/maintain");
    const store = await ItemStore.open(request.folder, request.dimension ?? DIMENSION);
    const result = await maintainTables(store.tables, request.folder, request.options);
    store.close();
    return { result, peakMB: await peakMB() };
  },

  async measure({ folder }: { folder: string }): Promise<TableFigures> {
    const { ItemStore, measureTableFiles } = await importCoreInternals("store/item-store", "store/table-files");
    const store = await ItemStore.open(folder, DIMENSION);
    const [table] = store.tables;
    if (!table) throw new Error("A store of items has a table.");
    const { rows, fragments, versions, liveBytes, indexes } = await table.state();
    const { diskBytes, reclaimable } = await measureTableFiles(table.path);
    store.close();
    const vectorSegments = indexes.find(({ column }) => column === "vector")?.segments ?? 0;
    const reclaimableBytes = reclaimable.bytesRemoved;
    return { rows, fragments, versions, vectorSegments, diskBytes, liveBytes, reclaimableBytes };
  },

  /** Share of the true ten nearest that a search by vector finds, over 100 queries. */
  async recall({ folder }: { folder: string }): Promise<number> {
    const { ItemStore } = await importCoreInternals("store/item-store");
    const store = await ItemStore.open(folder, DIMENSION);
    const [table] = store.tables;
    let [found, wanted] = [0, 0];
    for (const vector of syntheticQueries(100)) {
      const query = table?.query().nearestTo(vector).column("vector").distanceType("cosine").bypassVectorIndex();
      const truth: { id: string }[] = (await query?.select(["id"]).limit(10).toArray()) ?? [];
      const answers = new Set((await store.searchVector(vector, 10)).map(({ id }) => id));
      found += truth.filter(({ id }) => answers.has(id)).length;
      wanted += truth.length;
    }
    store.close();
    return found / wanted;
  },

  /** Asks queries by words and by vector in turn, so many, or until it is told to stop; milliseconds of each. */
  async query(request: { folder: string; count: number }, stop: AbortSignal): Promise<number[]> {
    const { ItemStore } = await importCoreInternals("store/item-store");
    const store = await ItemStore.open(request.folder, DIMENSION);
    const vectors = syntheticQueries(100);
    const times: number[] = [];
    for (let n = 0; n < request.count && !stop.aborted; n++) {
      const startedAt = performance.now();
      if (n % 2 === 0) await store.searchVector(vectors[n % vectors.length] ?? new Float32Array(DIMENSION), 10);
      else
        await store.searchTerms(
          [1, 20, 400].map((word) => ({ term: vocabularyWord(n * word), weight: 1 })),
          10,
        );
      times.push(performance.now() - startedAt);
      await setTimeout(PAUSE_MS);
    }
    store.close();
    return times;
  },
} as const;

export type Tasks = typeof tasks;
export type TaskName = keyof Tasks;

async function peakMB(): Promise<number> {
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile("/proc/self/status", "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error("/proc/self/status has no VmHWM.");
  return (Number(kilobytes) * 1_024) / 1e6;
}
