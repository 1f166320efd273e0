import { expect, it } from "vitest";

import { clientOf } from "../testing/engine.ts";
import { workspaceOf } from "../testing/workspace.ts";
import { enabledGlobs, engineGlobs } from "./exclude-settings.ts";

it("takes the globs that are switched on", () => {
  const exclude = { "**/.git": true, "**/*.js": { when: "$(basename).ts" }, "**/out": false };
  expect(enabledGlobs(exclude, undefined, { "**/node_modules": true })).toEqual(["**/.git", "**/node_modules"]);
});

it("lets globs without a slash hold at the top of the folder only, as in the editor", () => {
  expect(engineGlobs(["out", "**/out", "/top", "src/*.js", "*.{log,tmp}", "[!a]?"])).toEqual([
    "/out",
    "/**/out",
    "/top",
    "/src/*.js",
    "/*.{log,tmp}",
    "/[!a]?",
  ]);
});

it("leaves out what the engine would refuse, and takes for a letter what is none to it", () => {
  expect(engineGlobs(["", "/", "//", "a".repeat(1_001)])).toEqual([]);
  expect(engineGlobs(["!a", "app/(shop)/+page"])).toEqual([String.raw`/\!a`, String.raw`/app/\(shop\)/\+page`]);
});

it("means to the engine what it means to the editor", async () => {
  const excluded = {
    out: ["out/a.md"],
    "**/gen": ["gen/b.md", "src/gen/deep/c.md"],
    "docs/*.txt": ["docs/d.txt"],
    "*.{log,tmp}": ["e.log"],
    "app/(shop)": ["app/(shop)/f.md"],
    "[!a-y]?": ["zz/g.md"],
    "!h.md": ["!h.md"],
    "lib/**/*.min.md": ["lib/i.min.md", "lib/x/y/j.min.md"],
  };
  const kept = ["src/out/a.md", "docs/sub/d.txt", "src/e.log", "app/shop/f.md", "aa/g.md", "h.md", "generic.md"];
  const paths = [...Object.values(excluded).flat(), ...kept];
  const workspace = await workspaceOf(Object.fromEntries(paths.map((path) => [path, `# Giraffes of ${path}\n`])));
  const { client } = clientOf(workspace, { options: { exclude: engineGlobs(Object.keys(excluded)) } });
  expect(await client.index()).toMatchObject({ filesInIndex: kept.length });
  const { hits } = await client.search("giraffes", { limit: 50 });
  expect(hits.map(({ path }) => path).toSorted()).toEqual(kept.toSorted());
});
