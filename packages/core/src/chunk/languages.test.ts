import { expect, test } from "vitest";

import { languageOf, languageRow, languageTable } from "./languages.ts";

test.for([
  ["src/app.ts", "typescript"],
  ["src/App.TSX", "tsx"],
  ["lib/index.mjs", "javascript"],
  ["include/api.h", "cpp"],
  ["a/b.c/d.py", "python"],
  ["Dockerfile", "dockerfile"],
  ["Dockerfile.dev", "dockerfile"],
  ["services/Makefile", "make"],
  ["Gemfile", "ruby"],
  [".bashrc", "bash"],
  ["types/index.d.ts", "typescript"],
  ["notes.txt", "text"],
  ["LICENSE", "text"],
  ["", "text"],
  [".", "text"],
  ["dir.py/README", "text"],
  ["constructor", "text"],
  ["x.constructor", "text"],
] as const)("%s is %s by its name", ([path, language]) => {
  expect(languageOf(path)).toBe(language);
});

test.for([
  ["#!/bin/bash", "bash"],
  ["#!/usr/bin/env python3", "python"],
  ["#!/usr/bin/env -S python3.12 -u", "python"],
  ["#! /usr/local/bin/node --no-warnings", "javascript"],
  ["#!/usr/bin/env FOO=1 ruby", "ruby"],
  ["#!", "text"],
  ["# bash", "text"],
] as const)("a file without an extension that begins with %s is %s", ([line, language]) => {
  expect(languageOf("bin/run", line)).toBe(language);
});

test("the name counts for more than the first line", () => {
  expect(languageOf("tool.py", "#!/bin/sh")).toBe("python");
});

test("no extension, file name or interpreter is in two rows", () => {
  const keys = Object.keys(languageTable).flatMap((name) => {
    const row = languageRow(name);
    return [...(row?.extensions ?? []), ...(row?.fileNames ?? []), ...(row?.interpreters ?? []).map((i) => `#!${i}`)];
  });
  expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
});

test("a name that is no language has no row", () => {
  expect(languageRow("text")).toBeUndefined();
  expect(languageRow("toString")).toBeUndefined();
});
