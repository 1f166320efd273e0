import type { CommitHit, CommitSearchResult } from "@resona/core";
import { expect, it } from "vitest";

import { engineError } from "../protocol/engine-error.ts";
import type { FolderAnswer } from "../search/ask-folders.ts";
import { folderOf } from "../search/search-hits.test-helper.ts";
import { english } from "../text/english.test-helper.ts";
import { type CommitAnswers, type CommitSurroundings, commitRows } from "./commit-row.ts";
import { commitText } from "./commit-text.ts";

const shop = folderOf("shop");
const now = new Date("2026-11-21T12:00:00Z");

function commitOf(hash: string, more: Partial<CommitHit> = {}): CommitHit {
  return {
    hash: hash.padEnd(40, "0"),
    subject: `Subject of ${hash}`,
    authorName: "Ada",
    authoredAt: "2026-11-20T12:00:00Z",
    paths: ["src/cart.ts"],
    pathCount: 1,
    text: "The part that was found",
    score: 1,
    ...more,
  };
}

function answerOf(folder: typeof shop, ...hits: readonly CommitHit[]): FolderAnswer<CommitSearchResult> {
  return { folder, result: { query: "cart", hits, durationMs: 1 } };
}

function rows(value: CommitAnswers, more: Partial<CommitSurroundings> = {}) {
  const view = { query: "cart", isBusy: false, answer: { query: "cart", value, latencyMs: 1 } };
  return commitRows(
    view,
    { isMultiRoot: false, now, runOf: () => undefined, shareOf: () => undefined, ...more },
    english,
  );
}

it("says of each commit what, who, when and where", () => {
  const many = commitOf("abc", { paths: ["a", "b", "c", "d"], pathCount: 9 });
  expect(rows([answerOf(shop, commitOf("123"), many)])).toMatchObject([
    { label: "Subject of 123", description: "Ada • yesterday • 12300000", detail: "src/cart.ts" },
    { detail: "a, b, c and 6 more" },
  ]);
});

it("takes the commits of several folders in turn, and one that they share once", () => {
  const till = folderOf("till");
  const labels = rows([answerOf(shop, commitOf("1"), commitOf("2")), answerOf(till, commitOf("1"), commitOf("3"))], {
    isMultiRoot: true,
  });
  expect(labels.map(({ label }) => label)).toEqual(["Subject of 1", "Subject of 2", "Subject of 3"]);
  expect(labels[2]).toMatchObject({ description: expect.stringMatching(/^till • Ada/) });
});

it("asks before the history is indexed for the first time", () => {
  const { message, nextStep } = engineError("ENGINE_STOPPED", {});
  const answers: CommitAnswers = [{ folder: shop, error: { code: "NO_INDEX", message, nextStep } }];
  expect(rows(answers)).toMatchObject([
    { label: "Index the history of shop", command: { id: "resona.indexCommits", args: [shop.id], keepsOpen: true } },
  ]);
  expect(rows(answers, { runOf: () => "indexCommits" })).toMatchObject([{ label: "Indexing the history of shop" }]);
});

it("is a document with the whole message, or with the part that was found", () => {
  const commit = { ...commitOf("abc", { pathCount: 3 }), folder: shop };
  const whole = commitText(commit, "Subject\n\nBody\n", english).split("\n");
  expect(whole).toEqual([
    `Commit: ${commit.hash}`,
    "Author: Ada",
    expect.stringMatching(/^Date: .*2026/),
    "",
    "Subject",
    "",
    "Body",
    "",
    "src/cart.ts",
    "and 2 more",
    "",
  ]);
  expect(commitText(commit, undefined, english)).toContain("The part that was found");
});
