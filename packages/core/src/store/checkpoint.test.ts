import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import {
  type Checkpoint,
  MAX_CHECKPOINT_BYTES,
  readCheckpoint,
  removeCheckpoint,
  writeCheckpoint,
} from "./checkpoint.ts";

const checkpoint: Checkpoint = {
  startedAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:01.000Z",
  sourcesDone: 7,
  totalEmbeddings: 30,
  batchesProcessed: 2,
  last: "src/a.ts",
};

describe("a checkpoint", () => {
  it("is read as it was written, until it is removed", async () => {
    const folder = await temporaryFolder();
    expect(await readCheckpoint(folder)).toBeUndefined();
    await writeCheckpoint(folder, checkpoint);
    expect(await readCheckpoint(folder)).toEqual(checkpoint);
    await removeCheckpoint(folder);
    await removeCheckpoint(folder);
    expect(await readCheckpoint(folder)).toBeUndefined();
  });

  it("is removed with what a process leaves that is killed while it writes one", async () => {
    const folder = await temporaryFolder();
    await writeCheckpoint(folder, checkpoint);
    await writeFile(join(folder, "checkpoint.json.new"), "{");
    await removeCheckpoint(folder);
    expect(await readdir(folder)).toEqual([]);
  });

  it("is below a kilobyte, whatever the number and the names of the files", async () => {
    const folder = await temporaryFolder();
    const count = fc.nat(Number.MAX_SAFE_INTEGER);
    const any = fc.record({
      ...Object.fromEntries(["sourcesDone", "totalEmbeddings", "batchesProcessed"].map((name) => [name, count])),
      last: fc.oneof(
        fc.string({ unit: "binary", maxLength: 3_000 }),
        // The longest paths that Linux takes, and characters that JSON writes with six bytes.
        fc.string({ unit: "binary", minLength: 1, maxLength: 2 }).map((unit) => unit.repeat(4_096)),
      ),
    });
    await fc.assert(
      fc.asyncProperty(any, async (counts) => {
        expect(await writeCheckpoint(folder, { ...checkpoint, ...counts })).toBeLessThan(MAX_CHECKPOINT_BYTES);
        expect(await readCheckpoint(folder)).toBeDefined();
      }),
    );
  });

  it.each([
    "",
    "{",
    "null",
    "[]",
    '{"sourcesDone":1}',
    '{"startedAt":"a","updatedAt":"b","last":"c","sourcesDone":-1}',
  ])("that says %j is none", async (text) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "checkpoint.json"), text);
    expect(await readCheckpoint(folder)).toBeUndefined();
  });
});
