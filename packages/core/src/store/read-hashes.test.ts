import type { DataType, RecordBatch } from "apache-arrow";
import fc from "fast-check";
import { expect, test } from "vitest";

import { arrow } from "./arrow.ts";
import { readHashColumns } from "./read-hashes.ts";

interface Row {
  readonly id: string;
  readonly hash: Uint8Array | null;
}

const hash = fc.uint8Array({ minLength: 16, maxLength: 16 });
const rows = fc.array(fc.record({ id: fc.string({ unit: "binary" }), hash: fc.option(hash, { freq: 3 }) }), {
  maxLength: 40,
});

function batchOf(all: readonly Row[]): RecordBatch {
  return batchWith(
    { id: new arrow.Utf8(), text_hash: new arrow.FixedSizeBinary(16) },
    { id: all.map(({ id }) => id), text_hash: all.map((row) => row.hash) },
  );
}

function batchWith(types: Record<string, DataType>, values: Record<string, readonly unknown[]>): RecordBatch {
  const columns = Object.entries(types).map(([name, type]) => [name, arrow.vectorFromArray(values[name] ?? [], type)]);
  const [batch] = new arrow.Table(Object.fromEntries(columns)).batches;
  if (!batch) throw new Error("no batch");
  return batch;
}

function readBack(batch: RecordBatch): Row[] {
  const { rows: count, ids, hashes } = readHashColumns(batch);
  return Array.from({ length: count }, (_, row) => {
    const bit = (hashes.validityOffset ?? 0) + row;
    const isValid = hashes.validity === undefined || ((hashes.validity[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0;
    return {
      id: Buffer.from(ids.bytes.subarray(ids.offsets[row], ids.offsets[row + 1])).toString(),
      hash: isValid ? Uint8Array.from(hashes.bytes.subarray(row * 16, row * 16 + 16)) : null,
    };
  });
}

test("gives ids, hashes and nulls of any batch and of any slice of it", () => {
  fc.assert(
    fc.property(rows, fc.nat(40), fc.nat(40), fc.nat(10), (all, begin, length, again) => {
      const batch = batchOf(all);
      expect(readBack(batch)).toEqual(all);
      const slice = all.slice(begin, begin + length);
      expect(readBack(batch.slice(begin, begin + length))).toEqual(slice);
      expect(readBack(batch.slice(begin, begin + length).slice(again))).toEqual(slice.slice(again));
    }),
  );
});

test("gives views, not copies, and no bitmap where nothing is null", () => {
  const batch = batchOf([
    { id: "a#0", hash: new Uint8Array(16) },
    { id: "a#1", hash: new Uint8Array(16) },
  ]);
  const { ids, hashes } = readHashColumns(batch);
  expect(ids.bytes.buffer).toBe(batch.getChild("id")?.data[0]?.values.buffer);
  expect(hashes.bytes.buffer).toBe(batch.getChild("text_hash")?.data[0]?.values.buffer);
  expect(hashes.validity).toBeUndefined();
});

test("refuses a batch without these columns or with others of these names", () => {
  const id = new arrow.Utf8();
  const read = (types: Record<string, DataType>, values: Record<string, readonly unknown[]>) => () =>
    readHashColumns(batchWith(types, values));
  expect(read({ id }, { id: ["a#0"] })).toThrow("text_hash");
  expect(read({ id, text_hash: new arrow.Utf8() }, { id: ["a#0"], text_hash: ["x"] })).toThrow("FixedSizeBinary(16)");
  const short = [new Uint8Array(8)];
  expect(read({ id, text_hash: new arrow.FixedSizeBinary(8) }, { id: ["a#0"], text_hash: short })).toThrow("(16)");
  const long = [new Uint8Array(16)];
  const text_hash = new arrow.FixedSizeBinary(16);
  expect(read({ id: new arrow.Int32(), text_hash }, { id: [1], text_hash: long })).toThrow("Utf8");
});
