import type { Table } from "@lancedb/lancedb";
import { describe, expect, it } from "vitest";

import { arrow } from "../../store/arrow.ts";
import { toFloat16Bits } from "../../store/float16.ts";
import { connect } from "../../store/lance.ts";
import { DIMENSION, SampleIndex, fileNames } from "../sample-index.test-helper.ts";

/** Changes a table behind Resona's back. */
async function tamper(index: SampleIndex, name: "chunks" | "files", work: (table: Table) => Promise<unknown>) {
  const db = await connect(index.folder);
  try {
    await work(await db.openTable(name));
  } finally {
    db.close();
  }
}

/** Codes and sentences of what a deep diagnosis finds and a quick one does not. */
async function deepSentences(index: SampleIndex): Promise<string[]> {
  const quick = new Set((await index.findings()).map(({ sentence }) => sentence));
  const deep = await index.findings({ deep: true });
  return deep.filter(({ sentence }) => !quick.has(sentence)).map(({ code, sentence }) => `${code}: ${sentence}`);
}

async function sample(contents: "workspace" | "items" = "workspace"): Promise<SampleIndex> {
  const index = await SampleIndex.create(contents);
  if (contents === "items") await index.addItems(["a", "b", "c", "d", "e", "f", "g#1"]);
  else for (let commit = 0; commit < 2; commit++) await index.addFiles(fileNames(10, commit * 10));
  return index;
}

/** Puts a vector into the row of an id, whatever its numbers. */
async function setVector(table: Table, id: string, numbers: readonly (number | null)[]): Promise<void> {
  const bits = toFloat16Bits(Float32Array.from(numbers, (value) => value ?? 0));
  const nullBitmap = new Uint8Array(Math.ceil(numbers.length / 8));
  for (const [i, value] of numbers.entries()) if (value !== null) nullBitmap[i >> 3]! |= 1 << (i & 7);
  const nulls = numbers.filter((value) => value === null).length;
  const number = new arrow.Field("item", new arrow.Float16(), true);
  const type = new arrow.FixedSizeList(numbers.length, number);
  const child = arrow.makeData({
    type: new arrow.Float16(),
    length: numbers.length,
    data: bits,
    nullCount: nulls,
    ...(nulls > 0 ? { nullBitmap } : {}),
  });
  const fields = [new arrow.Field("id", new arrow.Utf8(), false), new arrow.Field("vector", type, false)];
  const children = [
    arrow.vectorFromArray([id], new arrow.Utf8()).data[0]!,
    arrow.makeData({ type, length: 1, nullCount: 0, child }),
  ];
  const struct = arrow.makeData({ type: new arrow.Struct(fields), length: 1, nullCount: 0, children });
  const schema = new arrow.Schema(fields);
  const rows = new arrow.Table(schema, [new arrow.RecordBatch(schema, struct)]);
  await table.mergeInsert("id").whenMatchedUpdateAll().execute(rows);
}

/** Adds a row once more. */
async function repeat(table: Table, where: string): Promise<void> {
  await table.add(await table.query().where(where).toArrow());
}

/** The names that a sentence ends with, sorted. */
function namesIn(sentence: string | undefined): string[] {
  return (
    /^.*?: .*?: (.*)\.$/
      .exec(sentence ?? "")?.[1]
      ?.split(", ")
      .toSorted() ?? []
  );
}

describe("a deep diagnosis", () => {
  it("finds nothing in sound indexes, and reads every row of every table", async () => {
    const index = await sample();
    const seen: { rows: number; total: number; table: string }[] = [];
    await index.findings({ deep: true, onProgress: (done) => seen.push(done) });
    expect(seen.filter(({ rows, total }) => rows === total)).toEqual([
      { rows: 20, total: 20, table: "files" },
      { rows: 60, total: 60, table: "chunks" },
    ]);
    expect(await deepSentences(index)).toEqual([]);
    expect(await deepSentences(await sample("items"))).toEqual([]);
  });

  it("takes a vector of zeros for that of an unknown text, and names those of another length", async () => {
    const index = await sample();
    const unit = (length: number) => Array.from({ length: DIMENSION }, (_, i) => (i === 3 ? length : 0));
    await tamper(index, "chunks", async (table) => {
      await setVector(table, "src/file-0.go#0", unit(0));
      await setVector(table, "src/file-0.go#1", unit(1.0005));
      await setVector(table, "src/file-0.go#2", unit(-1));
    });
    expect(await deepSentences(index)).toEqual([]);
    await tamper(index, "chunks", async (table) => {
      await setVector(table, "src/file-1.go#0", unit(1.01));
      await setVector(table, "src/file-2.go#0", unit(0.5));
      await setVector(table, "src/file-3.go#0", unit(Number.POSITIVE_INFINITY));
      await setVector(table, "src/file-4.go#0", unit(Number.NaN));
      await setVector(table, "src/file-5.go#0", [1, ...Array.from({ length: DIMENSION - 1 }, () => null)]);
    });
    const [sentence, ...others] = await deepSentences(index);
    expect(others).toEqual([]);
    expect(sentence).toMatch(/^DATA_CORRUPT: 5 vectors cannot be compared, being neither of length 1 nor 0: /);
    expect(namesIn(sentence)).toEqual([1, 2, 3, 4, 5].map((n) => `src/file-${n}.go#0`));
  });

  it.each([
    ["another source's", "src/other.go#1"],
    ["no number", "src/file-3.go#"],
    ["no sign", "src/file-3.go"],
    ["a number with a zero before it", "src/file-3.go#01"],
    ["a number beyond the last", "src/file-3.go#3"],
    ["a negative number", "src/file-3.go#-1"],
    ["a text", "src/file-3.go#x"],
  ])("names an id with %s", async (_, id) => {
    const index = await sample();
    await tamper(index, "chunks", (table) => table.update({ where: "id = 'src/file-3.go#1'", values: { id } }));
    expect(await deepSentences(index)).toEqual([
      `DATA_INCONSISTENT: 1 record with an id that does not belong there: ${id}.`,
      "DATA_INCONSISTENT: 1 file with records that are incomplete, repeated or of different versions: src/file-3.go.",
    ]);
  });

  it.each<[string, (table: Table) => Promise<unknown>]>([
    ["lost", (table) => table.delete("id = 'src/file-4.go#1'")],
    ["all lost", (table) => table.delete("base_id = 'src/file-4.go'")],
    ["there twice", (table) => repeat(table, "id = 'src/file-4.go#1'")],
    [
      "there twice instead of another",
      async (table) => {
        await repeat(table, "id = 'src/file-4.go#0'");
        await table.delete("id = 'src/file-4.go#1'");
      },
    ],
    [
      "of another version",
      (table) => table.update({ where: "id = 'src/file-4.go#2'", valuesSql: { text_hash: `X'${"0".repeat(32)}'` } }),
    ],
    [
      "of a source that was once longer",
      (table) => table.update({ where: "id = 'src/file-4.go#2'", valuesSql: { chunk_count: "4" } }),
    ],
  ])("names the file of a record that is %s", async (_, damage) => {
    const index = await sample();
    await tamper(index, "chunks", damage);
    expect(await deepSentences(index)).toEqual([
      "DATA_INCONSISTENT: 1 file with records that are incomplete, repeated or of different versions: src/file-4.go.",
    ]);
    expect((await index.findings({ deep: true }))[0]?.remedy.kind).toBe("rebuild");
  });

  it("names files of which the index has another version than their record says, or none at all", async () => {
    const index = await sample();
    await tamper(index, "files", async (table) => {
      await table.update({ where: "path = 'src/file-7.go'", valuesSql: { file_hash: `X'${"1".repeat(32)}'` } });
      await table.update({ where: "path = 'src/file-8.go'", valuesSql: { chunk_count: "0" } });
      await table.delete("path = 'src/file-9.go'");
      await repeat(table, "path = 'src/file-10.go'");
    });
    const [strays, changed, ...others] = await deepSentences(index);
    expect(others).toEqual([]);
    expect(strays).toMatch(/^DATA_INCONSISTENT: 3 records of files that the index does not know: /);
    expect(namesIn(strays)).toEqual([0, 1, 2].map((n) => `src/file-9.go#${n}`));
    expect(changed).toMatch(/^DATA_INCONSISTENT: 3 files with records that are /);
    expect(namesIn(changed)).toEqual(["src/file-10.go", "src/file-7.go", "src/file-8.go"]);
  });

  it("names the first five of many", async () => {
    const index = await sample();
    await tamper(index, "chunks", (table) => table.delete("ends_with(id, '#1')"));
    const [sentence] = await deepSentences(index);
    expect(sentence).toMatch(/: 20 files with records .*: src\/file-0\.go, .* and 15 more\.$/);
  });

  it("compares the records of an item with each other", async () => {
    const index = await sample("items");
    await tamper(index, "chunks", async (table) => {
      await table.delete("id = 'a#2'");
      await repeat(table, "id = 'g#1#0'");
      await table.update({ where: "id = 'c#0'", valuesSql: { text_hash: "NULL" } });
    });
    const [sentence, ...others] = await deepSentences(index);
    expect(others).toEqual([]);
    expect(sentence).toMatch(/^DATA_INCONSISTENT: 3 items with records that are /);
    expect(namesIn(sentence)).toEqual(["a", "c", "g#1"]);
  });

  it("accepts an item without a hash, which counts as changed", async () => {
    const index = await sample("items");
    await tamper(index, "chunks", (table) =>
      table.update({ where: "base_id = 'a'", valuesSql: { text_hash: "NULL" } }),
    );
    expect(await deepSentences(index)).toEqual([]);
  });

  it("does not compare what an interrupted run has left half done, but reads it", async () => {
    const index = await sample();
    await index.setManifest({ state: "writing" });
    await tamper(index, "chunks", async (table) => {
      await table.delete("id = 'src/file-4.go#1'");
      await table.update({ where: "id = 'src/file-5.go#1'", values: { id: "x" } });
    });
    expect(await deepSentences(index)).toEqual([
      "DATA_INCONSISTENT: 1 record with an id that does not belong there: x.",
    ]);
  });
});
