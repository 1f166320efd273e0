import { describe, expect, it } from "vitest";

import { english } from "../text/english.test-helper.ts";
import type { QueryView } from "./query-session.ts";
import { answerOf, failureOf, folderOf, hitOf } from "./search-hits.test-helper.ts";
import { type RowSurroundings, type SearchAnswers, searchRows, searchTitle } from "./search-row.ts";

const shop = folderOf("shop");
const surroundings: RowSurroundings = {
  isMultiRoot: false,
  recent: [],
  shareOf: () => undefined,
  runOf: () => undefined,
};

function answered(...value: SearchAnswers): QueryView<SearchAnswers> {
  return { query: "text", isBusy: false, answer: { query: "text", value, latencyMs: 1 } };
}

function rows(view: QueryView<SearchAnswers>, more: Partial<RowSurroundings> = {}) {
  return searchRows(view, { ...surroundings, ...more }, english);
}

function title(view: QueryView<SearchAnswers>, more: Partial<RowSurroundings> = {}): string {
  return searchTitle(view, { ...surroundings, ...more }, english);
}

describe("a hit's row", () => {
  it("says which file, where it is, and what is there", () => {
    const hit = hitOf("src/cart/total.ts", { startLine: 7, snippet: "  some text" });
    expect(rows(answered(answerOf(shop, [hit, hitOf("README")])))).toMatchObject([
      { label: "total.ts", description: "src/cart • line 7", detail: "some text" },
      { label: "README", description: "line 1" },
    ]);
  });

  it("says which folder it is from, where there are several", () => {
    const view = answered(answerOf(shop, [hitOf("src/a.ts")]), answerOf(folderOf("till"), [hitOf("b.ts")]));
    expect(rows(view, { isMultiRoot: true })).toMatchObject([
      { description: "shop • src • line 1" },
      { description: "till • line 1" },
    ]);
  });

  it("shows text as it is: no icons and nothing hidden", () => {
    const hit = hitOf("$(trash).ts", { snippet: "$(document).ready(text); $('a')\u202e" });
    expect(rows(answered(answerOf(shop, [hit])))).toMatchObject([
      { label: "\\$(trash).ts", detail: "\\$(document).ready(text); $('a')\\u202e" },
    ]);
  });
});

describe("while the index is not complete", () => {
  const partial = answerOf(shop, [hitOf("a.ts")], { indexComplete: false });

  it("a heading that cannot be picked says so, and the title how far it is", () => {
    const view = answered(partial, answerOf(folderOf("till"), []));
    const shareOf = (folder: string) => (folder === shop.id ? 0.43 : undefined);
    expect(rows(view, { shareOf })).toMatchObject([
      { kind: "separator", label: "not all files are indexed yet" },
      { kind: "hit" },
    ]);
    expect(title(view, { shareOf })).toBe("Search – still indexing: 43%");
  });

  it("the figure is that of the folder that is least far", () => {
    const view = answered(partial, answerOf(folderOf("till"), [], { indexComplete: false }));
    expect(title(view, { shareOf: (folder) => (folder === shop.id ? 0.9 : 0.2) })).toBe("Search – still indexing: 20%");
  });

  it("says so without a figure where another process is indexing", () => {
    expect(title(answered(partial))).toBe("Search – not all files are indexed yet");
  });

  it("nothing found is not the last word", () => {
    const view = answered(answerOf(shop, [], { indexComplete: false }));
    expect(rows(view)).toMatchObject([{ label: "Nothing found yet", detail: "not all files are indexed yet" }]);
  });
});

describe("where there is nothing to show", () => {
  it("says so once the answer is there, not before", () => {
    expect(rows(answered(answerOf(shop, [])))).toMatchObject([{ label: "Nothing found" }]);
    expect(rows({ ...answered(), isBusy: true })).toEqual([]);
    expect(rows({ query: "text", isBusy: true })).toEqual([]);
  });

  it("offers to index a folder that has no index, and goes on showing what others have", () => {
    const view = answered(failureOf(shop, { code: "NO_INDEX" }), answerOf(folderOf("till"), [hitOf("b.ts")]));
    expect(rows(view)).toMatchObject([
      { kind: "hit" },
      { kind: "action", label: "Index shop", command: { id: "resona.index", args: [shop.id], keepsOpen: true } },
    ]);
  });

  it("says how far the indexing of such a folder is, once it is under way", () => {
    const view = answered(failureOf(shop, { code: "NO_INDEX" }));
    expect(rows(view, { runOf: () => "index" })).toEqual([
      { kind: "action", icon: "sync~spin", label: "Indexing shop", detail: "Results appear here in a moment." },
    ]);
    expect(rows(view, { runOf: () => "index", shareOf: () => 0.5 })).toMatchObject([{ detail: "50%" }]);
  });

  it("offers what helps with a failure", () => {
    const [row] = rows(answered(failureOf(shop, { code: "INDEX_DAMAGED", message: "It is damaged." })));
    expect(row).toMatchObject({
      label: expect.stringMatching(/^It is damaged\. /),
      detail: "Rebuild Index",
      command: { id: "resona.rebuild", args: [shop.id], keepsOpen: false },
    });
  });

  it("says once what all folders say of the query", () => {
    const error = { code: "QUERY_TOO_LONG", message: "It is too long.", nextStep: "Shorten it." } as const;
    const view = answered(failureOf(shop, error), failureOf(folderOf("till"), error));
    expect(rows(view)).toMatchObject([{ label: "It is too long. Shorten it." }]);
  });

  it("tells of an error that no engine has sent", () => {
    const view = { query: "text", isBusy: false, answer: { query: "text", error: new Error("oh $(x)") } };
    expect(rows(view)).toMatchObject([{ kind: "action", label: "oh \\$(x)" }]);
  });
});

it("lists former queries under an empty one", () => {
  expect(rows({ query: "", isBusy: false })).toEqual([]);
  expect(rows({ query: "", isBusy: false }, { recent: ["cart", "till"] })).toMatchObject([
    { kind: "separator" },
    { kind: "recent", query: "cart" },
    { kind: "recent", query: "till" },
  ]);
});
