import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";

import { git, repository, write } from "../../test/git-repository.ts";
import type { NoticeEvent } from "../model/progress.ts";
import { addCommits, commitAll, headOf, histories, type MadeCommit, opened } from "./git.test-helper.ts";
import { type Commit, type HistoryOptions, maxBodyChars, maxListedPaths, readCommits } from "./read-commits.ts";
import type { Repository } from "./repository.ts";

const all = { isWanted: () => true };

async function read(from: Repository, options: Partial<HistoryOptions> = {}) {
  const { commits, ...history } = await readCommits(from, { ...all, ...options });
  return { ...history, commits: await Array.fromAsync(commits) };
}

const hashes = (commits: readonly Commit[]): string[] => commits.map((commit) => commit.hash);

test("a commit comes with its author, message and paths, newest first", async () => {
  const root = await repository({ "a.ts": "0" });
  const first = headOf(root);
  write(root, { "a.ts": "1", "src/b.ts": "1" });
  git(root, "add", ".");
  const message = "Add b\nin two lines\n\nBecause.\n\n- one\n- two\n";
  git(root, "commit", "-qm", message, "--author=Jürgen <j@x>", "--date=2001-02-03T04:05:06+0200");
  const { commits } = await read(await opened(root));
  expect(hashes(commits)).toEqual([headOf(root), first]);
  expect(commits[0]).toEqual({
    hash: headOf(root),
    parents: [first],
    authorName: "Jürgen",
    authoredAtMs: Date.UTC(2001, 1, 3, 2, 5, 6),
    subject: "Add b in two lines",
    body: "Because.\n\n- one\n- two",
    paths: ["a.ts", "src/b.ts"],
    pathCount: 2,
  });
  expect(commits[1]).toMatchObject({ parents: [], subject: "first", body: "", paths: ["a.ts"] });
});

test("commits that touch nothing of interest are left out, and so are the other paths of those that do", async () => {
  const root = await repository({ "a.ts": "0", "b.ts": "0" });
  const first = headOf(root);
  write(root, { "b.ts": "1" });
  commitAll(root, "second");
  commitAll(root, "empty");
  const { commits } = await read(await opened(root), { isWanted: (path) => path === "a.ts" });
  expect(commits).toMatchObject([{ hash: first, paths: ["a.ts"], pathCount: 1 }]);
});

/** What a commit did, from the content of its and its parents' files: not by git. */
function touched(commits: readonly MadeCommit[], commit: MadeCommit): string[] {
  const parents = commit.parents.map((parent) => commits[parent]!.files);
  const paths = new Set([commit.files, ...parents].flatMap((files) => [...files.keys()]));
  const differs = (path: string): boolean => parents.every((files) => files.get(path) !== commit.files.get(path));
  return [...paths]
    .filter((path) => differs(path) && (commit.files.has(path) || parents.length > 0))
    .map((path) => Buffer.from(path, "latin1").toString("utf8"))
    .filter((path) => !path.includes("\uFFFD"));
}

function ancestors(commits: readonly MadeCommit[], from: number): Set<number> {
  const found = new Set([from]);
  for (const number of found) for (const parent of commits[number]!.parents) found.add(parent);
  return found;
}

test("what touched files that were not wanted before comes as if everything were read again", async () => {
  const root = await repository({});
  let found = 0;
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(), async (made, n) => {
      const names = addCommits(root, made);
      const from: Repository = { kind: "repository", folder: root, prefix: "", depth: "", head: names.at(-1)! };
      const here = [...made.at(-1)!.files.keys()].map((path) => Buffer.from(path, "latin1").toString("utf8"));
      const unread = here.filter((path, i) => i % 2 === n % 2 && !/[\r\n\uFFFD]/u.test(path));
      const byHash = ({ commits }: { commits: readonly Commit[] }) => new Map(commits.map((each) => [each.hash, each]));
      const known = byHash(await read(from, { isWanted: (path) => !unread.includes(path) }));
      const { commits, gone } = await read(from, { since: from.head, unread });
      for (const [hash, commit] of byHash({ commits })) {
        found += Number(JSON.stringify(known.get(hash)) !== JSON.stringify(commit));
        known.set(hash, commit);
      }
      expect(gone).toEqual([]);
      expect(known).toEqual(byHash(await read(from)));
    }),
    { numRuns: 25, seed: 5 },
  );
  expect(found).toBeGreaterThan(10);
});

test("files that were not wanted before are those of the folder, whatever they are called", async () => {
  const root = await repository({ "*.ts": "0", "a.ts": "0", "sub/*.ts": "0", "sub/a.ts": "0" });
  const first = headOf(root);
  for (const name of ["*.ts", "a.ts", "sub/a.ts"]) {
    write(root, { [name]: "1" });
    commitAll(root, name);
  }
  const last = (write(root, { "sub/*.ts": "1" }), commitAll(root, "sub/*.ts"));
  const { commits } = await read(await opened(join(root, "sub")), { since: last, unread: ["*.ts"] });
  expect(hashes(commits)).toEqual([last, first]);
});

test("any history gives each commit once with what it changed, and later what is new and what is gone", async () => {
  const root = await repository({});
  await fc.assert(
    fc.asyncProperty(histories, fc.nat(), async (made, n) => {
      const names = addCommits(root, made);
      const at = (number: number): Repository => {
        return { kind: "repository", folder: root, prefix: "", depth: "", head: names[number]! };
      };
      const reachable = ancestors(made, made.length - 1);
      const known = n % made.length;
      const old = ancestors(made, known);
      const expected = (isNew: (number: number) => boolean): Map<string | undefined, string[]> =>
        new Map(
          [...reachable]
            .filter((number) => isNew(number))
            .map((number) => [names[number], touched(made, made[number]!)] as const)
            .filter(([, paths]) => paths.length > 0),
        );
      const found = (commits: readonly Commit[]) => new Map(commits.map(({ hash, paths }) => [hash, paths]));
      const sorted = (map: Map<string | undefined, readonly string[]>) =>
        [...map].map(([hash, paths]) => `${hash} ${JSON.stringify(paths.toSorted())}`).toSorted();

      const whole = await read(at(made.length - 1));
      expect(hashes(whole.commits)).toEqual([...new Set(hashes(whole.commits))]);
      expect(sorted(found(whole.commits))).toEqual(sorted(expected(() => true)));

      const later = await read(at(made.length - 1), { since: names[known] });
      const gone = [...old].filter((number) => !reachable.has(number)).map((number) => names[number]);
      expect(new Set(later.gone)).toEqual(new Set(gone));
      expect(sorted(found(later.commits))).toEqual(sorted(expected((number) => !old.has(number))));
    }),
    { numRuns: 20, seed: 5 },
  );
});

test("the next run reads what is new, and nothing when nothing is", async () => {
  const root = await repository({ "a.ts": "0" });
  expect(await read(await opened(root))).toMatchObject({ gone: undefined, commits: [{ subject: "first" }] });
  const since = headOf(root);
  expect(await read(await opened(root), { since })).toEqual({ gone: [], commits: [] });
  write(root, { "a.ts": "1" });
  commitAll(root, "second");
  expect(await read(await opened(root), { since })).toMatchObject({ gone: [], commits: [{ subject: "second" }] });
});

test("after history was rewritten, what is gone is told as long as git knows it; then everything is read again", async () => {
  const root = await repository({ "a.ts": "0" });
  write(root, { "a.ts": "1" });
  const since = commitAll(root, "second");
  git(root, "commit", "-q", "--amend", "-m", "second, amended");
  const amended = { commits: [{ subject: "second, amended" }], gone: [since] };
  expect(await read(await opened(root), { since })).toMatchObject(amended);
  git(root, "reflog", "expire", "--expire=now", "--all");
  git(root, "gc", "-q", "--prune=now");
  const whole = { gone: undefined, commits: [{ subject: "second, amended" }, { subject: "first" }] };
  expect(await read(await opened(root), { since })).toMatchObject(whole);
});

test("long messages and lists of paths are cut, and the paths are counted", async () => {
  const root = await repository({});
  const files = new Map(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, "x"]));
  const message = `${"s".repeat(5_000)}\n\n${"b".repeat(maxBodyChars - 1)}\u{1F600}${"x".repeat(200_000)}`;
  const bytes = Buffer.from(message).toString("latin1");
  const [head = ""] = addCommits(root, [{ parents: [], files, committedAt: 1_000_000_000, message: bytes }]);
  const { commits } = await read({ ...(await opened(root)), head });
  expect(commits[0]).toMatchObject({ subject: "s".repeat(500), body: "b".repeat(maxBodyChars - 1), pathCount: 1_000 });
  expect(commits[0]?.paths).toHaveLength(maxListedPaths);
});

test("what would deceive a terminal is taken out of messages, and other encodings are understood", async () => {
  const root = await repository({ "a.ts": "0" });
  git(root, "commit", "-q", "--amend", "-m", "red \u001B[31m\u0007text\n\n\tindented\r\nnext\u0085");
  const escaped = await read(await opened(root));
  expect(escaped.commits[0]).toMatchObject({ subject: "red  [31m text", body: "indented\nnext" });

  git(root, "config", "i18n.commitEncoding", "ISO-8859-1");
  git(root, "config", "i18n.logOutputEncoding", "UTF-16");
  write(root, { message: undefined });
  writeFileSync(join(root, "message"), Buffer.from("gr\xf6\xdfer", "latin1"));
  git(root, "commit", "-q", "--amend", "-F", "message");
  expect((await read(await opened(root))).commits[0]).toMatchObject({ subject: "größer" });
});

test("a path that looks like a commit does not confuse", async () => {
  const root = await repository({ "a.ts": "0" });
  const first = headOf(root);
  write(root, { [first]: undefined });
  const second = commitAll(root, "second");
  write(root, { [second]: undefined, "\n": undefined });
  commitAll(root, "third");
  const { commits } = await read(await opened(root));
  expect(commits.map(({ paths }) => paths)).toEqual([["\n", second], [first], ["a.ts"]]);
});

test("with a broken object, the commits before it are read and the rest is told", async () => {
  const root = await repository({ "a.ts": "0" });
  write(root, { "a.ts": "1" });
  const broken = commitAll(root, "second");
  for (const text of ["2", "3"]) {
    write(root, { "a.ts": text });
    commitAll(root, text);
  }
  const tree = git(root, "rev-parse", `${broken}^{tree}`).trim();
  rmSync(join(root, ".git/objects", tree.slice(0, 2), tree.slice(2)));
  const notices: NoticeEvent[] = [];
  const { commits } = await read(await opened(root), { onNotice: (notice) => notices.push(notice) });
  expect(commits.map(({ subject }) => subject)).toEqual(["3"]);
  expect(notices.map(({ code }) => code)).toEqual(["GIT_HISTORY_INCOMPLETE"]);
});

test("reading can be broken off", async () => {
  const root = await repository({ "a.ts": "0" });
  write(root, { "a.ts": "1" });
  commitAll(root, "second");
  const { commits } = await readCommits(await opened(root), all);
  for await (const { subject } of commits) {
    expect(subject).toBe("second");
    break;
  }
  const controller = new AbortController();
  const reason = new Error("enough");
  const aborted = await readCommits(await opened(root), { ...all, signal: controller.signal });
  controller.abort(reason);
  await expect(aborted.commits.next()).rejects.toBe(reason);
});
