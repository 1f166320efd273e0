import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { groupByChunks } from "./group-by-chunks.ts";

interface Source {
  readonly n: number;
  readonly chunks?: readonly number[];
}

async function* stream(sizes: readonly (number | undefined)[], error?: Error): AsyncGenerator<Source> {
  for (const [n, size] of sizes.entries())
    yield size === undefined ? { n } : { n, chunks: Array.from({ length: size }, (_, i) => i) };
  if (error) throw error;
}

const sizesOf = (groups: readonly (readonly Source[])[]) =>
  groups.map((group) => group.map(({ chunks }) => chunks?.length ?? 0));

describe("groupByChunks", () => {
  it("fills groups with whole sources", async () => {
    expect(sizesOf(await Array.fromAsync(groupByChunks(stream([3, 4, 5, 20, 1, 10]), 10)))).toEqual([
      [3, 4],
      [5],
      [20],
      [1],
      [10],
    ]);
  });

  it("gives what came before an error, then the error", async () => {
    const groups: number[] = [];
    const run = async () => {
      for await (const group of groupByChunks(stream([1, 2], new Error("dry")), 10)) groups.push(group.length);
    };
    await expect(run()).rejects.toThrow("dry");
    expect(groups).toEqual([2]);
  });

  it("keeps order and every source, and no group is larger than it must be", async () => {
    const sizes = fc.array(fc.option(fc.nat(30), { nil: undefined }), { maxLength: 600 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 20 }), async (given, limit) => {
        const groups = await Array.fromAsync(groupByChunks(stream(given), limit));
        expect(groups.flat().map(({ n }) => n)).toEqual(given.map((_, n) => n));
        for (const group of groups) {
          expect(group.length).toBeLessThanOrEqual(256);
          const total = sizesOf([group])[0]?.reduce((sum, size) => sum + size, 0) ?? 0;
          const isAlone = group.filter(({ chunks }) => (chunks?.length ?? 0) > 0).length <= 1;
          expect(total <= limit || isAlone).toBe(true);
        }
      }),
    );
  });
});
