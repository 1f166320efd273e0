import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { keyOf, mergeHits, overlaps } from "./found-hit.ts";
import { answerOf, failureOf, folderOf, foundHits, hitOf } from "./search-hits.test-helper.ts";

const [shop, till] = [folderOf("shop"), folderOf("till")];

describe("merging what several folders have found", () => {
  it("takes them in turn, whatever their scores", () => {
    const merged = mergeHits([
      answerOf(shop, [hitOf("a", { score: 0.1 }), hitOf("b", { score: 0.05 })]),
      failureOf(folderOf("attic")),
      answerOf(till, [hitOf("c", { score: 9 }), hitOf("d", { score: 8 }), hitOf("e", { score: 7 })]),
    ]);
    expect(merged.map(({ folder, path }) => `${folder.name}/${path}`)).toEqual([
      "shop/a",
      "till/c",
      "shop/b",
      "till/d",
      "till/e",
    ]);
  });

  it("shows a file once that is in two folders, as one is inside the other", () => {
    const inner = { ...folderOf("inner"), path: "/shop/inner" };
    const merged = mergeHits([answerOf(shop, [hitOf("inner/a")]), answerOf(inner, [hitOf("a"), hitOf("b")])]);
    expect(merged.map(({ folder, path }) => `${folder.name}/${path}`)).toEqual(["shop/inner/a", "inner/b"]);
  });

  it("keeps each folder's order and loses nothing", () => {
    const lists = fc.array(fc.nat({ max: 6 }), { maxLength: 4 });
    fc.assert(
      fc.property(lists, (lengths) => {
        const answers = lengths.map((length, n) =>
          answerOf(
            folderOf(`f${n}`),
            Array.from({ length }, (_, rank) => hitOf(`${rank}`)),
          ),
        );
        const merged = mergeHits(answers);
        expect(new Set(merged.map(keyOf)).size).toBe(lengths.reduce((a, b) => a + b, 0));
        const ranks = merged.map(({ path }) => Number(path));
        expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
      }),
    );
  });
});

it("goes to the line that answers, not to the beginning of the snippet", () => {
  const snippet = ["class Shop {", "", "    total(cart) {", "      return 1;"].join("\n");
  const [hit] = mergeHits([answerOf(shop, [hitOf("a.ts", { startLine: 40, snippet })], { query: "cart total" })]);
  expect(hit).toMatchObject({ line: 42, lineText: "total(cart) {", column: 5 });
});

it("tells whether a hit is the very place that was asked about", () => {
  const [hit] = foundHits(hitOf("a.ts", { startLine: 10, endLine: 20 }));
  const place = { path: "/shop/a.ts", startLine: 20, endLine: 30 };
  expect(hit && overlaps(hit, place)).toBe(true);
  expect(hit && overlaps(hit, { ...place, startLine: 21 })).toBe(false);
  expect(hit && overlaps(hit, { ...place, startLine: 1, endLine: 9 })).toBe(false);
  expect(hit && overlaps(hit, { ...place, path: "/shop/b.ts" })).toBe(false);
});
