import { describe, expect, it } from "vitest";

import { type ResultRow, ndcgAt10 } from "./ndcg.ts";

const rows = (...paths: string[]): ResultRow[] => paths.map((path) => ({ path, startLine: 10, endLine: 20 }));
const others = ["x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9"];

describe("ndcgAt10", () => {
  it("is 1 for the only target in the first row, falls with the rank, and is 0 from the eleventh on", () => {
    expect(ndcgAt10(rows("a.ts", "b.ts"), [{ path: "a.ts" }])).toBe(1);
    expect(ndcgAt10(rows("b.ts", "a.ts"), [{ path: "a.ts" }])).toBeCloseTo(1 / Math.log2(3));
    expect(ndcgAt10(rows(...others, "a.ts"), [{ path: "a.ts" }])).toBeCloseTo(1 / Math.log2(11));
    expect(ndcgAt10(rows(...others, "x10", "a.ts"), [{ path: "a.ts" }])).toBe(0);
  });

  it("expects every target before anything else", () => {
    const targets = [{ path: "a.ts" }, { path: "b.ts" }];
    expect(ndcgAt10(rows("b.ts", "a.ts"), targets)).toBe(1);
    expect(ndcgAt10(rows("a.ts", "c.ts", "b.ts"), targets)).toBeCloseTo(1.5 / (1 + 1 / Math.log2(3)));
  });

  it("takes a path for the same as its longer form", () => {
    expect(ndcgAt10(rows("router/mod.rs"), [{ path: "axum/src/router/mod.rs" }])).toBe(1);
    expect(ndcgAt10(rows("axum/src/router/mod.rs"), [{ path: "router/mod.rs" }])).toBe(1);
    expect(ndcgAt10(rows("my-router/mod.rs"), [{ path: "router/mod.rs" }])).toBe(0);
  });

  it("wants the lines of a target that has some", () => {
    expect(ndcgAt10(rows("a.ts"), [{ path: "a.ts", lines: { start: 20, end: 30 } }])).toBe(1);
    expect(ndcgAt10(rows("a.ts"), [{ path: "a.ts", lines: { start: 21, end: 30 } }])).toBe(0);
  });
});
