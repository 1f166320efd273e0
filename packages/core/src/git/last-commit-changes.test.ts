import { rmSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";

import { git, repository, write } from "../../test/git-repository.ts";
import type { NoticeEvent } from "../model/progress.ts";
import { addCommits, commitAll, headOf, histories, opened } from "./git.test-helper.ts";
import { readLastCommitChanges } from "./last-commit-changes.ts";
import { readLastCommits } from "./last-commits.ts";

const all = { isWanted: () => true };

test("from any head to any other, the last commits are those of the new head", async () => {
  const root = await repository({});
  const found = { kept: 0, changed: 0 };
  const heads = fc.tuple(fc.nat(), fc.nat());
  await fc.assert(
    fc.asyncProperty(histories, heads, fc.nat({ max: 3 }), async (made, [from, to], unknown) => {
      const names = addCommits(root, made);
      const at = async (head: string) => ({ ...(await opened(root)), head });
      const [since, head] = [names[from % names.length]!, names[to % names.length]!];
      const [before, now] = [await readLastCommits(await at(since)), await readLastCommits(await at(head))];
      const paths = [...new Set(made.flatMap(({ files }) => [...files.keys()]))]
        .map((name) => Buffer.from(name, "latin1").toString("utf8"))
        .filter((path) => !path.includes("\uFFFD"));
      const knownAt = (path: string) => (path.length % 4 === unknown ? undefined : before.get(path)?.hash);
      const isKnown = (path: string) => knownAt(path) !== undefined;
      const changes = await readLastCommitChanges(await at(head), { ...all, since, isKnown });
      for (const path of paths) {
        const known = knownAt(path);
        expect(changes.commitOf(path, known)).toBe(now.get(path)?.hash);
        if (now.has(path)) found[known === now.get(path)?.hash ? "kept" : "changed"]++;
      }
    }),
    { numRuns: 25, seed: 5 },
  );
  expect(Math.min(found.kept, found.changed)).toBeGreaterThan(10);
});

test("what only the earlier head had changed is found again in what both come from", async () => {
  const root = await repository({ "a.ts": "0", "b.ts": "0" });
  write(root, { "a.ts": "1" });
  const base = commitAll(root, "base");
  write(root, { "a.ts": "2", "b.ts": "2" });
  const since = commitAll(root, "left");
  git(root, "reset", "-q", "--hard", base);
  write(root, { "b.ts": "3" });
  const head = commitAll(root, "now");
  const changes = await readLastCommitChanges(await opened(root), { ...all, since, isKnown: () => true });
  expect(changes.commitOf("a.ts", since)).toBe(base);
  expect(changes.commitOf("b.ts", since)).toBe(head);
});

test("nothing is looked for that is known", async () => {
  const root = await repository({});
  const contents = [
    { "a.ts": "0", "b.ts": "0", "gone.ts": "0" },
    { "a.ts": "0", "b.ts": "1", "gone.ts": "0" },
    { "a.ts": "0", "b.ts": "1", "gone.ts": "0", "c.ts": "0" },
    { "a.ts": "0", "b.ts": "2" },
  ];
  const commits = contents.map((files, n) => ({
    parents: n === 0 ? [] : [n - 1],
    files: new Map(Object.entries(files)),
    committedAt: 1_000_000_000 + n,
    message: `commit ${n}`,
  }));
  const [first = "", , since, last] = addCommits(root, commits);
  git(root, "reset", "-q", "--hard", "made");
  // What lies long before the earlier head cannot even be read.
  rmSync(join(root, ".git/objects", first.slice(0, 2), first.slice(2)));
  const notices: NoticeEvent[] = [];
  const onNotice = (notice: NoticeEvent) => notices.push(notice);
  const read = async (isKnown: (path: string) => boolean) =>
    readLastCommitChanges(await opened(root), { ...all, since, isKnown, onNotice });
  const changes = await read(() => true);
  expect(changes.commitOf("a.ts", first)).toBe(first);
  expect(changes.commitOf("b.ts", first)).toBe(last);
  expect(changes.commitOf("gone.ts", first)).toBeUndefined();
  expect(notices).toEqual([]);
  expect((await read((path) => path !== "a.ts")).commitOf("a.ts", undefined)).toBeUndefined();
  expect(notices).toMatchObject([{ code: "GIT_HISTORY_INCOMPLETE" }]);
});

test("where the earlier head is not there any more, everything is looked for", async () => {
  const root = await repository({ "a.ts": "0" });
  const first = headOf(root);
  write(root, { "a.ts": "1" });
  const since = commitAll(root, "second");
  git(root, "reset", "-q", "--hard", "HEAD^");
  git(root, "reflog", "expire", "--expire=now", "--all");
  git(root, "gc", "-q", "--prune=now");
  const changes = await readLastCommitChanges(await opened(root), { ...all, since, isKnown: () => true });
  expect(changes.commitOf("a.ts", since)).toBe(first);
});
