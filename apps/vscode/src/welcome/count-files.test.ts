import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { workspaceOf } from "../testing/workspace.ts";
import { countFiles } from "./count-files.ts";

it("counts files in folders, without what is left out and without following links", async () => {
  const folder = await workspaceOf({ "a.md": "", "src/b.ts": "", "src/deep/c.ts": "", "node_modules/d/e.js": "" });
  await symlink("..", join(folder, "src/up"));
  await mkdir(join(folder, "empty"));
  expect(await countFiles(folder, (path) => path === "node_modules", 100)).toBe(3);
  expect(await countFiles(folder, () => false, 100)).toBe(4);
  expect(await countFiles(folder, () => false, 2)).toBe(2);
});

it("counts nothing where there is nothing to read", async () => {
  expect(await countFiles(join(await workspaceOf({}), "gone"), () => false, 100)).toBe(0);
});
