import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import { join } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";

import { git, repository, write } from "../../test/git-repository.ts";
import { temporaryFolder } from "../../test/temp-folder.ts";
import type { NoticeEvent } from "../model/progress.ts";
import { addCommits, commitAll, headOf, histories, opened } from "./git.test-helper.ts";
import { type LastCommitsOptions, readLastCommits } from "./last-commits.ts";

/** What is found for paths, hashes only. */
async function find(folder: string, paths: readonly string[], options?: LastCommitsOptions): Promise<unknown[]> {
  const found = await readLastCommits(await opened(folder), options);
  return paths.map((path) => found.get(path)?.hash);
}

/** The naive way: git is asked for each file. */
function oracle(folder: string, path: string, head = "HEAD"): string {
  return git(folder, "--literal-pathspecs", "log", "-1", "--format=%H", head, "--", path).trim();
}

test("a file has the commit that gave it its present content, with the author's time", async () => {
  const root = await repository({ "a.ts": "one", "b.ts": "one" });
  const first = headOf(root);
  write(root, { "b.ts": "two" });
  git(root, "commit", "-qam", "second", "--date=2001-02-03T04:05:06Z");
  const found = await readLastCommits(await opened(root));
  expect(found.get("a.ts")?.hash).toBe(first);
  expect(found.get("b.ts")).toEqual({ hash: headOf(root), authoredAtMs: Date.UTC(2001, 1, 3, 4, 5, 6) });
  expect(found.get("never.ts")).toBeUndefined();
});

test("renamed, deleted and untracked files, modes and links", async () => {
  const root = await repository({ "a.ts": "same", "gone.ts": undefined, "run.sh": undefined });
  git(root, "mv", "a.ts", "b.ts");
  const renamed = commitAll(root, "rename");
  await rm(join(root, "gone.ts"));
  await chmod(join(root, "run.sh"), 0o755);
  symlinkSync("b.ts", join(root, "link"));
  const changed = commitAll(root, "delete, make executable");
  write(root, { "gone.ts": "untracked, though it was tracked once" });
  expect(await find(root, ["b.ts", "a.ts", "gone.ts", "run.sh", "link"])).toEqual([
    renamed,
    undefined,
    undefined,
    changed,
    undefined,
  ]);
});

test("what came with a merge has its own commit, what was changed in the merge has the merge", async () => {
  const root = await repository({ "a.ts": "0", "both.ts": "1\n2\n3\n", "lost.ts": "0" });
  git(root, "checkout", "-qb", "side");
  write(root, { "a.ts": "side", "both.ts": "1\n2\nside\n", "new.ts": "side", "lost.ts": "side" });
  const side = commitAll(root, "side");
  git(root, "checkout", "-q", "-");
  write(root, { "both.ts": "main\n2\n3\n", "main.ts": "main" });
  const main = commitAll(root, "main");
  git(root, "merge", "-q", "--no-commit", "side");
  git(root, "checkout", main, "--", "lost.ts");
  write(root, { "made-in-merge.ts": "" });
  const merge = commitAll(root, "merge");
  const expected = { "a.ts": side, "new.ts": side, "main.ts": main, "both.ts": merge, "made-in-merge.ts": merge };
  expect(await find(root, Object.keys(expected))).toEqual(Object.values(expected));
  // The side's change was thrown away: it is not this file's last commit, though it is the newest that touched it.
  expect(await find(root, ["lost.ts"])).toEqual([git(root, "rev-parse", `${main}^`).trim()]);
});

test("any history gives what git log gives file by file", async () => {
  const root = await repository({});
  mkdirSync(join(root, "d"));
  await fc.assert(
    fc.asyncProperty(histories, async (commits) => {
      const head = addCommits(root, commits).at(-1)!;
      for (const prefix of ["", "d/"]) {
        const folder = join(root, prefix);
        const found = await readLastCommits({ kind: "repository", folder, prefix, head, depth: "" });
        for (const name of commits.at(-1)!.files.keys()) {
          const path = Buffer.from(name, "latin1").toString("utf8");
          if (!path.startsWith(prefix) || path.includes("\uFFFD")) continue;
          expect(found.get(path.slice(prefix.length))?.hash).toBe(oracle(root, path, head));
        }
      }
    }),
    { numRuns: 20, seed: 5 },
  );
});

test("the search ends at an earlier head, with what has changed since then", async () => {
  const root = await repository({ "a.ts": "0", "b.ts": "0", "c.ts": "0" });
  write(root, { "b.ts": "1" });
  const since = commitAll(root, "second");
  expect(await find(root, ["a.ts", "b.ts"], { since })).toEqual([undefined, undefined]);
  git(root, "checkout", "-qb", "side", "HEAD^");
  write(root, { "c.ts": "side" });
  const side = commitAll(root, "side");
  git(root, "checkout", "-q", "-");
  git(root, "merge", "-q", "--no-ff", "-m", "merge", "side");
  expect(await find(root, ["a.ts", "b.ts", "c.ts"], { since })).toEqual([undefined, undefined, side]);
});

test("an earlier head that history no longer has ends nothing", async () => {
  const root = await repository({ "a.ts": "0" });
  const first = headOf(root);
  write(root, { "a.ts": "1" });
  const since = commitAll(root, "second");
  git(root, "reset", "-q", "--hard", "HEAD^");
  expect(await find(root, ["a.ts"], { since })).toEqual([first]);
});

test("in a subfolder, paths are relative to it", async () => {
  const root = await repository({ "sub/a.ts": "0", "a.ts": "0" });
  const first = headOf(root);
  write(root, { "a.ts": "1" });
  commitAll(root, "second");
  expect(await find(join(root, "sub"), ["a.ts", "sub/a.ts"])).toEqual([first, undefined]);
});

test("a shallow clone knows its oldest commit for everything older, as git log does", async () => {
  const root = await repository({ "a.ts": "0", "b.ts": "0" });
  for (const text of ["1", "2", "3"]) {
    write(root, { "b.ts": text });
    commitAll(root, text);
  }
  const shallow = join(await temporaryFolder(), "clone");
  git(root, "clone", "-q", "--depth=2", `file://${root}`, shallow);
  const found = await find(shallow, ["a.ts", "b.ts"]);
  expect(found).toEqual([oracle(shallow, "a.ts"), oracle(shallow, "b.ts")]);
  expect(found[0]).toBe(git(root, "rev-parse", "HEAD^").trim());
});

test("a partial clone is read without fetching what it lacks", async () => {
  const root = await repository({ "a.ts": "0", "b.ts": "0" });
  const first = headOf(root);
  write(root, { "b.ts": "1" });
  const second = commitAll(root, "second");
  git(root, "config", "uploadpack.allowFilter", "true");
  const partial = join(await temporaryFolder(), "clone");
  git(root, "clone", "-q", "--no-checkout", "--filter=blob:none", `file://${root}`, partial);
  // Nothing could be fetched any more.
  rmSync(root, { recursive: true });
  expect(await find(partial, ["a.ts", "b.ts"])).toEqual([first, second]);
});

test("a detached head, a linked worktree (also of a bare repository) and SHA-256 are as good as any", async () => {
  const root = await repository({ "a.ts": "0" });
  const first = headOf(root);
  write(root, { "a.ts": "1" });
  commitAll(root, "second");
  git(root, "checkout", "-q", "--detach", "HEAD^");
  expect(await find(root, ["a.ts"])).toEqual([first]);

  const trees = await temporaryFolder();
  git(root, "worktree", "add", "-q", "--detach", join(trees, "one"), first);
  expect(await find(join(trees, "one"), ["a.ts"])).toEqual([first]);
  git(root, "clone", "-q", "--bare", ".", join(trees, "bare.git"));
  git(join(trees, "bare.git"), "worktree", "add", "-q", "--detach", join(trees, "two"), first);
  expect(await find(join(trees, "two"), ["a.ts"])).toEqual([first]);

  const sha256 = await temporaryFolder();
  git(sha256, "init", "-q", "--object-format=sha256");
  write(sha256, { "a.ts": undefined });
  const hash = commitAll(sha256, "first");
  expect(hash).toHaveLength(64);
  expect(await find(sha256, ["a.ts"])).toEqual([hash]);
});

test.each(["commit", "tree"])("with a broken %s, what lies before it is found and the rest is told", async (kind) => {
  const root = await repository({ "a.ts": "0", "b.ts": "0", "c.ts": "0" });
  write(root, { "b.ts": "1" });
  const broken = commitAll(root, "second");
  write(root, { "c.ts": "1" });
  const third = commitAll(root, "third");
  write(root, { "d.ts": "1" });
  const last = commitAll(root, "fourth");
  const object = git(root, "rev-parse", `${broken}^{${kind}}`).trim();
  rmSync(join(root, ".git/objects", object.slice(0, 2), object.slice(2)));
  const notices: NoticeEvent[] = [];
  const onNotice = (notice: NoticeEvent): number => notices.push(notice);
  const found = await find(root, ["a.ts", "b.ts", "d.ts"], { onNotice });
  expect(found).toEqual([undefined, undefined, last]);
  expect(notices).toEqual([
    { type: "notice", code: "GIT_HISTORY_INCOMPLETE", message: expect.stringContaining("only a part") },
  ]);

  // Nobody asks for what lies behind it.
  const isWanted = (path: string): boolean => path === "d.ts";
  expect(await find(root, ["a.ts", "d.ts"], { onNotice, isWanted })).toEqual([undefined, last]);
  expect(notices).toHaveLength(1);
  expect(third).not.toBe(last);
});

test("programs that a repository's configuration names are not run", async () => {
  const root = await repository({ "a.ts": "0" });
  const bin = await temporaryFolder();
  writeFileSync(join(bin, "evil"), `#!/bin/sh\ntouch ${bin}/run\n`, { mode: 0o755 });
  for (const name of ["core.fsmonitor", "gpg.program", "diff.external", "core.pager", "core.sshCommand"]) {
    git(root, "config", name, join(bin, "evil"));
  }
  for (const [name, value] of [
    ["log.showSignature", "true"],
    ["log.showRoot", "false"],
    ["diff.orderFile", "/nowhere"],
    ["diff.renames", "copies"],
    ["log.follow", "true"],
    ["diff.noprefix", "true"],
    ["core.quotePath", "true"],
  ] as const) {
    git(root, "config", name, value);
  }
  expect(await find(root, ["a.ts"])).toEqual([headOf(root)]);
  await expect(rm(join(bin, "run"))).rejects.toMatchObject({ code: "ENOENT" });
});

test("an aborted search ends with the signal's reason", async () => {
  const root = await repository({ "a.ts": "0" });
  const reason = new Error("enough");
  await expect(find(root, [], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const isWanted = (): boolean => {
    controller.abort(reason);
    return true;
  };
  await expect(find(root, [], { signal: controller.signal, isWanted })).rejects.toBe(reason);
});
