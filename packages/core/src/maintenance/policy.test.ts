import { describe, expect, it } from "vitest";

import { cleanupDue, compactionDue, indexesDue, isStale } from "./policy.ts";

const names = ["id", "terms"];
const wantedIndexes = [
  { column: "id", kind: "btree" },
  { column: "terms", kind: "full-text" },
] as const;

function index(column: string, change: { unindexedRows?: number; segments?: number } = {}) {
  return { name: `${column}_idx`, column, indexedRows: 0, unindexedRows: 0, segments: 1, bytes: 0, ...change };
}

function healthy(rows: number, change: { unindexedRows?: number } = {}) {
  return { wantedIndexes, vectorDimension: 256, state: { rows, indexes: names.map((name) => index(name, change)) } };
}

const actions = (due: ReturnType<typeof indexesDue>) =>
  due.map(({ index: { column }, action }) => `${action} ${column}`);

describe("compactionDue", () => {
  it("counts small fragments only, as merging large ones writes the whole table", () => {
    expect(compactionDue({ smallFragments: 16 })).toBeUndefined();
    expect(compactionDue({ smallFragments: 17 })).toBe("it has 17 small fragments, and more than 16 make queries slow");
  });
});

describe("indexesDue", () => {
  it("leaves a healthy table and an empty one alone", () => {
    expect(indexesDue(healthy(100_000))).toEqual([]);
    expect(indexesDue({ ...healthy(0), state: { rows: 0, indexes: [] } })).toEqual([]);
  });

  it("asks for the indexes that are missing", () => {
    const state = { rows: 1, indexes: [index("id")] };
    expect(indexesDue({ ...healthy(1), state })).toEqual([
      { index: wantedIndexes[1], action: "create", reason: "it is missing" },
    ]);
  });

  it.each([
    ["few unindexed rows", 100_000, 5_000, false],
    ["many unindexed rows", 100_000, 5_001, true],
    ["a small share of a large table", 1_000_000, 20_000, false],
    ["more than that share", 1_000_000, 20_001, true],
  ])("extends an index for %s: %i rows, %i of them unindexed", (_, rows, unindexedRows, stale) => {
    const table = { ...healthy(rows, { unindexedRows }), vectorDimension: undefined };
    expect(actions(indexesDue(table))).toEqual(stale ? ["extend id", "extend terms"] : []);
    expect(isStale({ unindexedRows }, rows)).toBe(stale);
  });

  it("goes by a share that is given instead", () => {
    const table = healthy(1_200, { unindexedRows: 200 });
    expect(actions(indexesDue(table, 0.1))).toEqual(["extend id", "extend terms"]);
    expect(indexesDue(table, 0.1)[0]?.reason).toBe("it misses 200 of 1200 rows");
    expect(indexesDue(table, 0.5)).toEqual([]);
    expect(indexesDue(healthy(1_000), 0)).toEqual([]);
    expect(actions(indexesDue(healthy(1_000, { unindexedRows: 1 }), 0))).toEqual(["extend id", "extend terms"]);
  });

  it("wants a vector index from the size where it pays, and on tables with vectors only", () => {
    expect(indexesDue(healthy(249_999))).toEqual([]);
    expect(actions(indexesDue(healthy(250_000)))).toEqual(["create vector"]);
    expect(actions(indexesDue({ ...healthy(125_000), vectorDimension: 512 }))).toEqual(["create vector"]);
    expect(indexesDue({ ...healthy(250_000), vectorDimension: undefined })).toEqual([]);
  });

  function withVectorIndex(
    rows: number,
    change: { segments?: number; unindexedRows?: number; vectorIndexRows?: number },
  ) {
    const { vectorIndexRows, ...state } = change;
    const table = healthy(rows);
    const indexes = [...table.state.indexes, index("vector", state)];
    return indexesDue({ ...table, state: { rows, indexes }, vectorIndexRows });
  }

  it.each([
    [{ segments: 6 }, []],
    [{ segments: 7 }, ["rebuild vector"]],
    [{ unindexedRows: 20_000 }, ["extend vector"]],
    [{ segments: 7, unindexedRows: 20_000 }, ["rebuild vector"]],
    [{ vectorIndexRows: 200_000 }, []],
    [{ vectorIndexRows: 199_999 }, ["rebuild vector"]],
    [{ vectorIndexRows: 600_000 }, []],
    [{ vectorIndexRows: 600_001 }, ["rebuild vector"]],
  ])("of a vector index over 300,000 rows with %o: %o", (change, expected) => {
    expect(actions(withVectorIndex(300_000, change))).toEqual(expected);
  });

  it("drops a vector index that would have to be made anew and no longer pays", () => {
    expect(actions(withVectorIndex(100_000, { segments: 6 }))).toEqual([]);
    expect(actions(withVectorIndex(100_000, { segments: 7 }))).toEqual(["drop vector"]);
    expect(actions(withVectorIndex(100_000, { vectorIndexRows: 300_000 }))).toEqual(["drop vector"]);
  });
});

describe("cleanupDue", () => {
  const due = (bytesRemoved: number, versionsRemoved: number, liveBytes: number) =>
    cleanupDue({ bytesRemoved, versionsRemoved }, { liveBytes });

  it("goes by the number of versions, and by the space where it is worth it", () => {
    expect(due(0, 100, 0)).toBeUndefined();
    expect(due(0, 101, 0)).toBe("it has 101 old versions");
    expect(due(32_000_000, 1, 10)).toBeUndefined();
    expect(due(33_000_000, 1, 10)).toBe("33 MB of it belong to old versions");
    expect(due(50_000_000, 1, 100_000_000)).toBeUndefined();
    expect(due(51_000_000, 1, 100_000_000)).toBe("51 MB of it belong to old versions");
  });
});
