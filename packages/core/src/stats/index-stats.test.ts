import { expect, it } from "vitest";

import type { FileOutcome, FileRecord } from "../model/file-record.ts";
import { countFileRecords } from "./index-stats.ts";

function record(path: string, outcome: FileOutcome): FileRecord {
  return { path, hash: "", size: 1, mtimeMs: 1, language: "", chunkCount: 0, outcome };
}

async function* batchesOf(records: readonly FileRecord[], size: number): AsyncGenerator<FileRecord[]> {
  for (let start = 0; start < records.length; start += size) yield records.slice(start, start + size);
}

it("counts what was skipped by reason, and names the first of each, however many there are", async () => {
  const records = Array.from({ length: 1_000 }, (_, n) =>
    record(`f${n}`, { kind: "skipped", reason: n % 100 === 7 ? "minified" : "binary" }),
  );
  records.push(record("a.ts", { kind: "indexed" }), record("b.ts", { kind: "failed", message: "gone" }));
  const { files, skipped, skippedPaths, failures } = await countFileRecords(batchesOf(records, 64));
  expect({ files, skipped }).toEqual({ files: 1, skipped: { binary: 990, minified: 10 } });
  expect(skippedPaths).toEqual({
    binary: ["f0", "f1", "f2", "f3", "f4"],
    minified: ["f7", "f107", "f207", "f307", "f407"],
  });
  expect(failures).toEqual([{ path: "b.ts", message: "gone" }]);
});

it("names nothing where nothing was skipped", async () => {
  expect(await countFileRecords(batchesOf([], 1))).toMatchObject({ skipped: {}, skippedPaths: {} });
});
