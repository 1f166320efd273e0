import { expect, it } from "vitest";

import { pathWords } from "./path-words.ts";

it("takes the words of the file name and of the last three directories", () => {
  expect(pathWords("a/packages/core/src/httpParser.test.ts")).toEqual({
    stem: ["http", "pars", "test"],
    directories: ["packag", "cor", "src"],
  });
});

it.each([
  ["axum/handler/mod.rs", ["handl"], ["axum"]],
  ["src/router/index.ts", ["rout"], ["src"]],
  ["lua/telescope/init.lua", ["telescop"], ["lua"]],
  ["pkg/forms/__init__.py", ["form"], ["pkg"]],
])("lets the directory name %s", (path, stem, directories) => {
  expect(pathWords(path)).toEqual({ stem, directories });
});

it("keeps the name of an entrance in the root and of a dot file", () => {
  expect(pathWords("index.ts").stem).toEqual(["index"]);
  expect(pathWords(".gitignore").stem).toEqual(["gitignor"]);
});
