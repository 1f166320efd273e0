import { matchesGlob } from "node:path";

import { expect, it } from "vitest";

import { ChangeFilter } from "./change-filter.ts";

const filter = (...globs: string[]) => new ChangeFilter(".resona", globs, (glob, path) => matchesGlob(path, glob));

it("passes files of the folder, and nothing of the index", () => {
  const matters = (path: string) => filter().matters(path);
  expect(
    ["src/a.ts", "b.md", ".resonaignore", ".github/workflows/ci.yml", ".resonance/c"].filter(matters),
  ).toHaveLength(5);
  expect([".resona", ".resona/chunks.lance/data/x.lance", ""].filter(matters)).toEqual([]);
});

it("tells of the index that somebody begins or ends to write it", () => {
  const isState = (path: string) => filter().isStateOfIndex(path);
  const paths = [".resona", ".resona/index.json", ".resona/writer.json", ".resona/writer.lock"];
  expect(paths.filter(isState)).toEqual(paths);
  const others = [
    ".resona/chunks.lance/data/x.lance",
    ".resona/takeover.lock",
    ".resonance",
    "index.json",
    "a/.resona",
  ];
  expect(others.filter(isState)).toEqual([]);
});

it("passes of git what says which files there are, not what it stores", () => {
  const paths = [".git/HEAD", ".git/index", ".git/logs/HEAD", ".git/info/exclude", ".gitignore"];
  expect(paths.filter((path) => filter("**/.git").matters(path))).toEqual(paths);
  const stored = [".git", ".git/index.lock", ".git/objects/ab/cdef", ".git/refs/heads/main", ".git/COMMIT_EDITMSG"];
  expect(stored.filter((path) => filter().matters(path))).toEqual([]);
});

it("leaves out what the user's globs match, and everything in such a folder", () => {
  const one = filter("**/node_modules", "build", "**/*.log");
  const paths = ["a/node_modules/x/y/z.js", "node_modules/x.js", "build/a/b.js", "a/b.log", "build"];
  expect(paths.filter((path) => one.matters(path))).toEqual([]);
  expect(["a/build/c.js", "a/b.logs"].filter((path) => one.matters(path))).toHaveLength(2);
});

it("looks at a folder once, however many files in it change", () => {
  let matched = 0;
  const one = new ChangeFilter("", ["out"], (glob, path) => {
    matched++;
    return matchesGlob(path, glob);
  });
  for (let i = 0; i < 1_000; i++) one.matters(`out/${i % 10}/file-${i}.js`);
  expect(matched).toBe(1);
});
