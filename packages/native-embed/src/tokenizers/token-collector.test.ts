import { describe, expect, it } from "vitest";

import { TokenCollector } from "./token-collector.ts";

function collect(limit: number, tokens: readonly number[], opening?: number, closing?: number): unknown {
  const collector = new TokenCollector();
  collector.start(limit, opening);
  for (const token of tokens) collector.add(token);
  const { ids, tokens: count } = collector.finish(closing);
  return { ids: [...ids], count };
}

describe("collecting tokens", () => {
  it("puts them between the special ones", () => {
    expect(collect(8, [3, 4], 1, 2)).toEqual({ ids: [1, 3, 4, 2], count: 4 });
    expect(collect(8, [3, 4])).toEqual({ ids: [3, 4], count: 2 });
  });

  it("keeps as many as the limit allows, the closing one included, and counts all", () => {
    const tokens = [3, 4, 5, 6, 7, 8, 9];
    expect(collect(8, tokens, 1, 2)).toEqual({ ids: [1, 3, 4, 5, 6, 7, 8, 2], count: 9 });
    expect(collect(8, tokens, undefined, 2)).toEqual({ ids: [3, 4, 5, 6, 7, 8, 9, 2], count: 8 });
    expect(collect(8, [...tokens, 10, 11], 1)).toEqual({ ids: [1, 3, 4, 5, 6, 7, 8, 9], count: 10 });
  });

  it("keeps thousands", () => {
    const tokens = Array.from({ length: 5_000 }, (_, i) => i);
    expect(collect(10_000, tokens)).toEqual({ ids: tokens, count: 5_000 });
  });

  it("takes back the latest, also beyond the limit", () => {
    const collector = new TokenCollector();
    collector.start(8, undefined);
    for (let i = 0; i < 6; i++) collector.add(i);
    const before = collector.count;
    for (let i = 0; i < 20; i++) collector.add(100 + i);
    collector.rewind(before);
    collector.add(6);
    expect(collector.finish(7)).toEqual({ ids: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7), tokens: 8 });
  });

  it("forgets the text before", () => {
    const collector = new TokenCollector();
    collector.start(8, 1);
    collector.add(2);
    collector.start(8, undefined);
    expect(collector.finish(undefined)).toEqual({ ids: new Int32Array(0), tokens: 0 });
  });
});
