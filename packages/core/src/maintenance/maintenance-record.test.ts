import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import {
  type MaintenanceRecord,
  readMaintenanceRecord,
  recordAfter,
  writeMaintenanceRecord,
} from "./maintenance-record.ts";

const nothing: MaintenanceRecord = { vectorIndexRows: {}, failing: [] };
const failure = { step: "index", table: "chunks", code: "STORE_FAILED", message: "No luck." } as const;

describe("the record of maintenance", () => {
  it("is given back as it was written, and leaves nothing else behind", async () => {
    const folder = await temporaryFolder();
    const record: MaintenanceRecord = {
      lastRunAt: "2026-01-02T03:04:05.678Z",
      vectorIndexRows: { chunks: 450_000 },
      failing: [{ ...failure, times: 3, since: "2026-01-01T00:00:00.000Z" }],
    };
    await writeMaintenanceRecord(folder, nothing);
    await writeMaintenanceRecord(folder, record);
    expect(await readMaintenanceRecord(folder)).toEqual(record);
    expect(await readdir(folder)).toEqual(["maintenance.json"]);
  });

  it("is empty where there is none, and is not missed where it cannot be written", async () => {
    const folder = join(await temporaryFolder(), "missing");
    await writeMaintenanceRecord(folder, nothing);
    expect(await readMaintenanceRecord(folder)).toEqual(nothing);
  });

  it.each([
    ["", nothing],
    ["{", nothing],
    ["null", nothing],
    ["[]", nothing],
    ['"text"', nothing],
    ['{"lastRunAt":5,"vectorIndexRows":[1],"failing":{}}', nothing],
    ['{"vectorIndexRows":{"a":1,"b":-1,"c":0.5,"d":"x","e":1e999}}', { ...nothing, vectorIndexRows: { a: 1 } }],
    ['{"failing":[null,{},{"step":"dance","table":"t","code":"c","message":"m","since":"s","times":1}]}', nothing],
  ])("takes of %s what makes sense", async (text, expected) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "maintenance.json"), text);
    expect(await readMaintenanceRecord(folder)).toEqual(expected);
  });

  it("is read, whatever is in it", async () => {
    const folder = await temporaryFolder();
    const check = async (value: unknown) => {
      await writeFile(join(folder, "maintenance.json"), JSON.stringify(value));
      const record = await readMaintenanceRecord(folder);
      await writeMaintenanceRecord(folder, record);
      expect(await readMaintenanceRecord(folder)).toEqual(record);
    };
    const keys = fc.constantFrom("lastRunAt", "vectorIndexRows", "failing", "step", "times");
    const value = fc.oneof(fc.dictionary(keys, fc.jsonValue()), fc.jsonValue());
    await fc.assert(fc.asyncProperty(value, check), { numRuns: 50 });
  });

  it("counts how often a step has failed since it last succeeded, and keeps those that were not tried", () => {
    const index = { step: "index", table: "chunks" } as const;
    const cleanup = { step: "cleanup", table: "chunks" } as const;
    const after = (record: MaintenanceRecord, tried: readonly (typeof index | typeof cleanup)[], fails = false) =>
      recordAfter(record, { tried, failures: fails ? [failure] : [], vectorIndexRows: new Map() });
    const once = after(nothing, [index], true);
    expect(once.failing).toEqual([{ ...failure, times: 1, since: once.lastRunAt }]);
    const twice = after(once, [index, cleanup], true);
    expect(twice.failing).toEqual([{ ...failure, times: 2, since: once.lastRunAt }]);
    const untried = after(twice, [cleanup]);
    expect(untried.failing).toEqual(twice.failing);
    expect(after(untried, [index]).failing).toEqual([]);
  });

  it("remembers the size of vector indexes until they are dropped", () => {
    const after = (record: MaintenanceRecord, entries: [string, number | undefined][]) =>
      recordAfter(record, { tried: [], failures: [], vectorIndexRows: new Map(entries) });
    const made = after({ ...nothing, vectorIndexRows: { other: 5 } }, [["chunks", 10]]);
    expect(made.vectorIndexRows).toEqual({ other: 5, chunks: 10 });
    expect(after(made, [["chunks", undefined]]).vectorIndexRows).toEqual({ other: 5 });
  });

  it("stays small: one entry a step, however often it fails", async () => {
    const folder = await temporaryFolder();
    let record = nothing;
    for (let run = 0; run < 100; run++)
      record = recordAfter(record, { tried: [failure], failures: [failure], vectorIndexRows: new Map() });
    await writeMaintenanceRecord(folder, record);
    expect((await readFile(join(folder, "maintenance.json"))).length).toBeLessThan(1_000);
  });
});
