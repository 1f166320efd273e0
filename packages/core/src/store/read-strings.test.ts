import type { RecordBatch } from "apache-arrow";
import { describe, expect, it } from "vitest";

import { arrow } from "./arrow.ts";
import { readStrings, stringReader } from "./read-strings.ts";

function batchOf(values: readonly (string | null)[]): RecordBatch {
  const column = arrow.vectorFromArray(values, new arrow.Utf8());
  return new arrow.Table({ s: column }).batches[0] as RecordBatch;
}

describe("stringReader", () => {
  it("gives strings as they were stored, with a byte order mark, and null as undefined", () => {
    const values = ["a", "\uFEFFa", "", null, "ü🦜\n'"];
    const read = stringReader(batchOf(values), "s");
    expect(values.map((_, row) => read(row))).toEqual(["a", "\uFEFFa", "", undefined, "ü🦜\n'"]);
  });

  it("reads a slice by its own rows", () => {
    expect(readStrings(batchOf(["one", "two", null, "four"]).slice(1, 4), "s")).toEqual(["two", "", "four"]);
  });

  it("refuses a column that is missing or holds something else", () => {
    const numbers = new arrow.Table({ n: arrow.vectorFromArray([1, 2]) }).batches[0] as RecordBatch;
    expect(() => stringReader(numbers, "s")).toThrow("no column s");
    expect(() => stringReader(numbers, "n")).toThrow("no column n of strings");
  });
});
