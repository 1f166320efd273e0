import fc from "fast-check";
import { expect, it } from "vitest";

import { type FoundHit, keyOf } from "./found-hit.ts";
import { ResultList } from "./result-list.ts";
import { foundHits, hitOf } from "./search-hits.test-helper.ts";

const hits = foundHits(hitOf("a.ts"), hitOf("b.ts"), hitOf("a.ts", { startLine: 9 }), hitOf("c.ts"));

function places(of: readonly FoundHit[]): string[] {
  return of.map(({ path, startLine }) => `${path}:${startLine}`);
}

it("has the hits by file, files in the order of their best hits", () => {
  const { files, hits: all } = new ResultList(hits);
  expect(files.map((file) => places(file.hits))).toEqual([["a.ts:1", "a.ts:9"], ["b.ts:1"], ["c.ts:1"]]);
  expect(places(all)).toEqual(["a.ts:1", "a.ts:9", "b.ts:1", "c.ts:1"]);
});

it("goes from result to result, round and round, in both directions", () => {
  const list = new ResultList(hits);
  const walk = (by: 1 | -1) => {
    const seen: FoundHit[] = [];
    for (let n = 0; n < 5; n++) {
      const hit = list.step(seen.at(-1), by);
      if (hit !== undefined) seen.push(hit);
    }
    return places(seen);
  };
  expect(walk(1)).toEqual(["a.ts:1", "a.ts:9", "b.ts:1", "c.ts:1", "a.ts:1"]);
  expect(walk(-1)).toEqual(["c.ts:1", "b.ts:1", "a.ts:9", "a.ts:1", "c.ts:1"]);
  expect(new ResultList([]).step(undefined, 1)).toBeUndefined();
});

it("begins anew where the last place is not in the list any more", () => {
  const [first] = hits;
  const list = new ResultList(hits).without(first ? [first] : []);
  expect(places(list.hits)).toEqual(["a.ts:9", "b.ts:1", "c.ts:1"]);
  expect(list.step(first, 1)?.startLine).toBe(9);
});

it("loses a file with its last hit", () => {
  const list = new ResultList(hits);
  expect(list.without(list.files[0]?.hits ?? []).files.map(({ path }) => path)).toEqual(["/shop/b.ts", "/shop/c.ts"]);
});

it("has every hit once, each in its file", () => {
  const some = fc.uniqueArray(fc.record({ path: fc.constantFrom("a", "b", "c"), startLine: fc.nat({ max: 5 }) }), {
    selector: ({ path, startLine }) => `${path}:${startLine}`,
  });
  fc.assert(
    fc.property(some, (found) => {
      const given = foundHits(...found.map(({ path, startLine }) => hitOf(path, { startLine })));
      const list = new ResultList(given);
      expect(list.hits.map(keyOf).toSorted()).toEqual(given.map(keyOf).toSorted());
      for (const hit of list.hits) expect(list.fileOf(hit)?.hits).toContain(hit);
    }),
  );
});
