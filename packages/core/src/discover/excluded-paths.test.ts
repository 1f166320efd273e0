import fc from "fast-check";
import picomatch from "picomatch";
import { expect, test } from "vitest";

import { ExcludedPaths } from "./excluded-paths.ts";

test("a path is excluded by the highest folder that a glob matches, or by itself", () => {
  const excluded = new ExcludedPaths(["dist", "/docs/api", "*.log", "src/**/*.gen.ts"]);
  const holders = {
    "dist/a/b.js": "dist",
    "packages/one/dist/dist/x.js": "packages/one/dist",
    "docs/api/index.html": "docs/api",
    "sub/docs/api/index.html": undefined,
    "deep/er/a.log": "deep/er/a.log",
    "old.log/kept.txt": "old.log",
    "src/a/b.gen.ts": "src/a/b.gen.ts",
    "a.gen.ts": undefined,
    distance: undefined,
    "": undefined,
  };
  const found = Object.keys(holders).map((path) => [path, excluded.holderOf(path)]);
  expect(Object.fromEntries(found)).toEqual(holders);
});

test("without globs nothing is excluded", () => {
  expect(new ExcludedPaths([]).holderOf("a/b")).toBeUndefined();
});

test("globs that only name something are known to be plain", () => {
  const globs = ["dist", "**/.cache", "/out", "a/b-c", "**/a/b", "*.log", "{a,b}", "x y", "[ab]", "./lib/", "größe"];
  expect(new ExcludedPaths(globs).plain).toEqual({
    names: ["dist", ".cache", "lib", "größe"],
    paths: ["out", "a/b-c"],
  });
});

test("whatever the globs, however many paths are asked for, the answer is that of each of a path's folders", () => {
  const part = fc.constantFrom("a", "b", "a.b", ".c", "x y");
  const path = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
  const glob = fc
    .array(fc.constantFrom("a", "b", "*", "**", "?", "[ab]", "{a,b}", "*.b", ".c", "x y"), {
      minLength: 1,
      maxLength: 3,
    })
    .map((parts) => `/${parts.join("/")}`);
  fc.assert(
    fc.property(fc.array(glob, { maxLength: 3 }), fc.array(path, { maxLength: 30 }), (globs, paths) => {
      const excluded = new ExcludedPaths(globs);
      const matchers = globs.map((one) => picomatch(one.slice(1), { dot: true }));
      for (const one of paths) {
        const parts = one.split("/");
        const prefixes = parts.map((_, n) => parts.slice(0, n + 1).join("/"));
        expect(excluded.holderOf(one)).toBe(prefixes.find((prefix) => matchers.some((matches) => matches(prefix))));
      }
    }),
  );
});
