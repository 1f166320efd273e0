import { execFileSync } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { beforeEach, expect, it } from "vitest";

import { temporaryFolder } from "../testing/workspace.ts";
import { gitIsBusy } from "./git-is-busy.ts";

let parent = "";
let repository = "";

const git = (folder: string, ...args: string[]): string =>
  execFileSync(
    "git",
    ["-c", "user.name=T", "-c", "user.email=t@localhost", "-c", "protocol.file.allow=always", ...args],
    { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  ).trim();

beforeEach(async () => {
  parent = await temporaryFolder();
  repository = join(parent, "repository");
  await mkdir(join(repository, "src/deep"), { recursive: true });
  await writeFile(join(repository, "src/deep/a.md"), "# A\n");
  git(repository, "init", "--quiet");
  git(repository, "add", ".");
  git(repository, "commit", "--quiet", "--message=A");
});

/** Whether it is busy without and with the lock that git itself would take for the files of this folder. */
async function withoutAndWithLock(folder: string): Promise<boolean[]> {
  const lock = join(git(folder, "rev-parse", "--absolute-git-dir"), "index.lock");
  const without = await gitIsBusy(folder);
  await writeFile(lock, "");
  const locked = await gitIsBusy(folder);
  await rm(lock);
  return [without, locked];
}

it("sees the lock of the repository, and from a folder below its root", async () => {
  expect(await withoutAndWithLock(repository)).toEqual([false, true]);
  expect(await withoutAndWithLock(join(repository, "src/deep"))).toEqual([false, true]);
});

it("sees that of a worktree, which is not the one of the repository", async () => {
  const worktree = join(parent, "worktree");
  git(repository, "worktree", "add", "--quiet", worktree);
  await writeFile(join(repository, ".git/index.lock"), "");
  expect(await withoutAndWithLock(worktree)).toEqual([false, true]);
  expect(await withoutAndWithLock(join(worktree, "src"))).toEqual([false, true]);
});

it("sees that of a submodule, whose place is said relative to it", async () => {
  const outer = join(parent, "outer");
  await mkdir(outer);
  git(outer, "init", "--quiet");
  git(outer, "submodule", "--quiet", "add", repository, "part");
  expect(await withoutAndWithLock(join(outer, "part"))).toEqual([false, true]);
});

it("is not busy where there is no repository, or one that cannot be told", async () => {
  expect(await gitIsBusy(parent)).toBe(false);
  expect(await gitIsBusy(join(parent, "gone"))).toBe(false);
  await writeFile(join(parent, ".git"), "garbage");
  expect(await gitIsBusy(parent)).toBe(false);
});
