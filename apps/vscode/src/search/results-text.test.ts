import { describe, expect, it } from "vitest";

import type { RunKind } from "../protocol/protocol.ts";
import { english } from "../text/english.test-helper.ts";
import { filtersText, globsOf, resultsText } from "./results-text.ts";
import { answerOf, failureOf, folderOf, hitOf } from "./search-hits.test-helper.ts";
import type { SearchAnswers } from "./search-row.ts";

const shop = folderOf("shop");

function text(count: number, answers: SearchAnswers, share?: number, run?: RunKind): string {
  return resultsText({ title: "“cart”", count, answers }, { shareOf: () => share, runOf: () => run }, english);
}

it("says what was looked for and how much was found", () => {
  expect(text(0, [answerOf(shop, [])])).toBe("“cart”: nothing found");
  expect(text(1, [answerOf(shop, [hitOf("a")])])).toBe("“cart”: 1 result");
  expect(text(2, [answerOf(shop, [hitOf("a"), hitOf("b")])])).toBe("“cart”: 2 results");
});

it("says that there may be more, and what could not be searched", () => {
  const answers = [
    answerOf(shop, [hitOf("a")], { indexComplete: false }),
    failureOf(folderOf("till"), { message: "It broke.", nextStep: "Mend it." }),
  ];
  expect(text(1, answers, 0.5)).toMatch(/^“cart”: 1 result \(still indexing: 50%\)\nIt broke\. ./);
});

it("says that an index is being made, if it is this editor that makes it", () => {
  const answers = [failureOf(shop, { code: "INDEX_BEING_BUILT", message: "Another process builds it." })];
  expect(text(0, answers, undefined, "index")).toBe("“cart”: nothing found\nshop is being indexed.");
  expect(text(0, answers)).toContain("Another process");
});

describe("globs as they are typed", () => {
  it.each([
    ["", []],
    [" src/** , !**/*.test.ts,", ["src/**", "!**/*.test.ts"]],
    ["*.{ts,tsx}, docs", ["*.{ts,tsx}", "docs"]],
  ])("%j", (typed, globs) => {
    expect(globsOf(typed)).toEqual(globs);
  });
});

it("says what the list is restricted to", () => {
  expect(filtersText({ pathGlobs: [], languages: [] })).toBe("");
  expect(filtersText({ pathGlobs: ["src", "!*.md"], languages: ["go"] })).toBe("src, !*.md • go");
});
