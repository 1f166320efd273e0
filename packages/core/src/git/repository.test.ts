import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { git, repository, write } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";
import { headOf } from "./git.test-helper.ts";
import { openRepository } from "./repository.ts";

test("a folder knows where in its repository it lies, whatever it is called", async () => {
  const root = await repository({ "a b\n'ü/sub/x": undefined });
  const head = headOf(root);
  expect(await openRepository(root)).toEqual({ kind: "repository", folder: root, prefix: "", head, depth: "" });
  expect(await openRepository(join(root, "a b\n'ü"))).toMatchObject({ prefix: "a b\n'ü/" });
  expect(await openRepository(join(root, "a b\n'ü/sub"))).toMatchObject({ prefix: "a b\n'ü/sub/", head });
});

test("where there is no history to read, the reason is told", async () => {
  const folder = await temporaryFolder();
  expect(await openRepository(folder)).toMatchObject({ kind: "none", reason: "no-repository" });
  expect(await openRepository(join(folder, "missing"))).toMatchObject({ kind: "none", reason: "unusable" });
  git(folder, "init", "-q");
  expect(await openRepository(folder)).toMatchObject({ kind: "none", reason: "no-commits" });
  write(folder, { ".git/config": "[core\n" });
  const unusable = { kind: "none", reason: "unusable", detail: expect.stringContaining("bad config") };
  expect(await openRepository(folder)).toMatchObject(unusable);
});

test("a bare repository is refused, and so is git's part of any other", async () => {
  const bare = await temporaryFolder();
  git(bare, "init", "-q", "--bare");
  for (const folder of [bare, join(bare, "objects"), join(await repository({}), ".git")]) {
    await expect(openRepository(folder)).rejects.toMatchObject({ code: "GIT_BARE_REPOSITORY" });
  }
});

test("without git installed there is no repository", async () => {
  const root = await repository({});
  const path = process.env["PATH"];
  process.env["PATH"] = await temporaryFolder();
  onTestFinished(() => {
    process.env["PATH"] = path;
  });
  expect(await openRepository(root)).toMatchObject({ kind: "none", reason: "not-installed" });
});

test("variables of a git hook do not lead to another repository", async () => {
  const root = await repository({});
  const other = await repository({ "other.ts": undefined });
  process.env["GIT_DIR"] = join(other, ".git");
  onTestFinished(() => {
    delete process.env["GIT_DIR"];
  });
  expect(await openRepository(root)).toMatchObject({ head: headOf(root) });
});
