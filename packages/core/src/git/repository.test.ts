import { join } from "node:path";

import { expect, onTestFinished, test } from "vitest";

import { git, repository, write } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";
import { commitAll, headOf, opened } from "./git.test-helper.ts";
import { historyMark, markedHead, mergeBase, openRepository } from "./repository.ts";

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

test("a mark tells the head that it was made at, as long as the same commits can be reached from it", async () => {
  const root = await repository({});
  for (const message of ["second", "third"]) commitAll(root, message);
  const clone = join(await temporaryFolder(), "clone");
  git(root, "clone", "-q", "--depth=2", `file://${root}`, clone);
  const mark = historyMark(await opened(clone));
  expect(markedHead(mark, await opened(clone))).toBe(headOf(root));
  git(clone, "fetch", "-q", "--unshallow");
  expect(markedHead(mark, await opened(clone))).toBeUndefined();
  for (const nonsense of ["", "HEAD ", "--all ", `${"0".repeat(39)} `])
    expect(markedHead(nonsense, await opened(root))).toBeUndefined();
});

test("a commit that two others come from is found, if there is one", async () => {
  const root = await repository({});
  const base = headOf(root);
  const one = commitAll(root, "one");
  git(root, "checkout", "-q", "-b", "side", base);
  const side = commitAll(root, "side");
  git(root, "checkout", "-q", "--orphan", "alone");
  const alone = commitAll(root, "alone");
  const found = async (a: string, b: string) => mergeBase(await opened(root), a, b);
  expect(await found(one, side)).toBe(base);
  expect(await found(base, side)).toBe(base);
  expect(await found(one, alone)).toBeUndefined();
  expect(await found(one, "1".repeat(40))).toBeUndefined();
});
