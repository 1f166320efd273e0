import { describe, expect, it } from "vitest";

import { MergeTable } from "./merge-table.ts";

describe("a table of merges", () => {
  it("finds every pair of many by its rank, and no other", () => {
    const merges = new MergeTable(10_000);
    for (let i = 0; i < 10_000; i++) expect(merges.add(i % 100, Math.floor(i / 100), i + 7)).toBe(true);
    for (let i = 0; i < 10_000; i++) {
      expect(merges.rank(i % 100, Math.floor(i / 100))).toBe(i);
      expect(merges.result(i)).toBe(i + 7);
    }
    expect(merges.rank(100, 0)).toBe(-1);
    expect(merges.rank(0, 100)).toBe(-1);
  });

  it("keeps the first rank of a pair", () => {
    const merges = new MergeTable(3);
    merges.add(1, 2, 3);
    merges.add(2, 1, 4);
    merges.add(1, 2, 5);
    expect(merges.rank(1, 2)).toBe(0);
    expect(merges.rank(2, 1)).toBe(1);
  });

  it("finds nothing when it is empty", () => {
    expect(new MergeTable(0).rank(0, 0)).toBe(-1);
  });
});
