import { expect, it } from "vitest";

import { folderOf } from "../search/search-hits.test-helper.ts";
import { commitOfQuery, commitQuery } from "./commit-address.ts";

const shop = folderOf("shop");
const commit = {
  hash: "0123456789".repeat(4),
  subject: "Lock accounts",
  authorName: "Ada & Grace",
  authoredAt: "2026-11-20T12:00:00Z",
  paths: ["src/login.ts", "docs/Zürich #1?.md"],
  pathCount: 3,
  text: "Lock accounts\n\n100 % of them",
  score: 1,
  folder: shop,
};

it("has all that its document needs", () => {
  const { subject: _, score: __, ...rest } = commit;
  expect(commitOfQuery(commitQuery(commit))).toEqual({ ...rest, folder: shop.id });
});

it("is not taken from what others have written", () => {
  const made = JSON.parse(commitQuery(commit)) as Record<string, unknown>;
  const bad = [{ hash: "--output=x" }, { hash: 1 }, { authoredAt: "soon" }, { paths: [1] }, { paths: undefined }];
  for (const part of bad) expect(commitOfQuery(JSON.stringify({ ...made, ...part }))).toBeUndefined();
  for (const query of ["", "{", "null", "[]", "1", "0123456789abcdef"]) expect(commitOfQuery(query)).toBeUndefined();
});
