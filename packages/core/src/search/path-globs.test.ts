import { describe, expect, it } from "vitest";

import { ResonaError } from "../errors.ts";
import { pathMatcher } from "./path-globs.ts";

const paths = [
  "README.md",
  "src/index.ts",
  "src/search/rank.ts",
  "src/search/rank.test.ts",
  "docs/src/guide.md",
  ".github/workflows/ci.yml",
  "src/[id].ts",
];
const matched = (...globs: string[]) => paths.filter(pathMatcher(globs));

describe("pathMatcher", () => {
  it("matches a glob without a slash at any depth", () => {
    expect(matched("*.md")).toEqual(["README.md", "docs/src/guide.md"]);
    expect(matched("rank.*")).toEqual(["src/search/rank.ts", "src/search/rank.test.ts"]);
  });

  it("matches a glob with a slash from the root", () => {
    expect(matched("src/*.ts")).toEqual(["src/index.ts", "src/[id].ts"]);
    expect(matched("src/**/*.ts")).toHaveLength(4);
    expect(matched("/README.md")).toEqual(["README.md"]);
    expect(matched("./src/index.ts")).toEqual(["src/index.ts"]);
  });

  it("takes a directory for everything below it", () => {
    expect(matched("src/search")).toEqual(["src/search/rank.ts", "src/search/rank.test.ts"]);
    expect(matched("src/search/")).toEqual(matched("src/search"));
    expect(matched("/src/")).toEqual(paths.filter((path) => path.startsWith("src/")));
    expect(matched("src/")).toEqual([
      "src/index.ts",
      "src/search/rank.ts",
      "src/search/rank.test.ts",
      "docs/src/guide.md",
      "src/[id].ts",
    ]);
  });

  it("sees files with leading dots", () => {
    expect(matched("*.yml")).toEqual([".github/workflows/ci.yml"]);
    expect(matched("**/ci.yml")).toEqual([".github/workflows/ci.yml"]);
  });

  it("knows sets of characters, and what is not in them", () => {
    expect(matched("src/[a-i]*.ts")).toEqual(["src/index.ts"]);
    expect(matched("[!a-z]*.md")).toEqual(["README.md"]);
    expect(matched("[^R]*.md")).toEqual(["docs/src/guide.md"]);
  });

  it("joins several globs", () => {
    expect(matched("*.yml", "README.md")).toEqual(["README.md", ".github/workflows/ci.yml"]);
    expect(matched("*.{yml,md}")).toHaveLength(3);
  });

  it("excludes with an exclamation mark, wherever it stands", () => {
    expect(matched("src/search/", "!*.test.ts")).toEqual(["src/search/rank.ts"]);
    expect(matched("!*.test.ts", "src/search/")).toEqual(["src/search/rank.ts"]);
    expect(matched("!*.ts")).toEqual(["README.md", "docs/src/guide.md", ".github/workflows/ci.yml"]);
  });

  it("matches nothing for a glob that fits no path", () => {
    expect(matched("*.rs")).toEqual([]);
    expect(matched("[")).toEqual([]);
  });

  it.each(["", "/", "!", "./", "a".repeat(1_001)])("refuses the glob %s with a clear error", (glob) => {
    expect(() => pathMatcher([glob])).toThrow(ResonaError);
  });
});
