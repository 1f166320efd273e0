import { describe, expect, it } from "vitest";

import { maintenanceDue } from "./maintenance-policy.ts";

const quiet = { rows: 100_000, fragments: 3, hasIndexes: true, unindexedRows: 0 };
const nothing = { createIndexes: false, optimize: false };

describe("maintenanceDue", () => {
  it("leaves a healthy table and an empty one alone", () => {
    expect(maintenanceDue(quiet)).toEqual(nothing);
    expect(maintenanceDue({ rows: 0, fragments: 0, hasIndexes: false, unindexedRows: 0 })).toEqual(nothing);
  });

  it("asks for indexes where rows have none", () => {
    const fresh = { ...quiet, hasIndexes: false, unindexedRows: quiet.rows };
    expect(maintenanceDue(fresh)).toEqual({ createIndexes: true, optimize: false });
    expect(maintenanceDue({ ...fresh, fragments: 17 })).toEqual({ createIndexes: true, optimize: true });
  });

  it.each([
    ["many fragments", { fragments: 17 }, true],
    ["a bearable number of fragments", { fragments: 16 }, false],
    ["many unindexed rows", { unindexedRows: 5_001 }, true],
    ["few unindexed rows", { unindexedRows: 5_000 }, false],
    ["a small share of a large table", { rows: 1_000_000, unindexedRows: 20_000 }, false],
    ["more than that share", { rows: 1_000_000, unindexedRows: 20_001 }, true],
  ])("%s", (_, change, optimize) => {
    expect(maintenanceDue({ ...quiet, ...change })).toEqual({ createIndexes: false, optimize });
  });
});
