import { once } from "node:events";
import { existsSync, readdirSync, rmSync, utimesSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, onTestFinished, test } from "vitest";

import { git, repository, write } from "../test/git-repository.ts";
import { startIndexProcess } from "../test/index-process.ts";
import { commitAll, headOf } from "./git/git.test-helper.ts";
import { type Engine, type IndexEvent, openEngine } from "./index.ts";
import { ItemStore } from "./store/item-store.ts";
import { lockForWriting } from "./store/writer-lock.ts";

async function engineFor(workspace: string): Promise<Engine> {
  const engine = await openEngine({ workspace });
  onTestFinished(() => engine.close());
  return engine;
}

/** What is stored of the history: the subjects of all commits, and the hashes of those that are not in it any more. */
async function subjects(engine: Engine): Promise<string[]> {
  const folder = join(engine.indexPath, "commits");
  const { dimension } = await engine.stats();
  const store = await ItemStore.open(folder, dimension);
  const stored = new Set((await Array.fromAsync(store.baseIds())).flat());
  store.close();
  const log = git(engine.workspace, "log", "--format=%H %s").trim().split("\n");
  const known = new Map(log.map((line) => [line.slice(0, 40), line.slice(41)]));
  return Array.from(stored, (hash) => known.get(hash) ?? hash).toSorted();
}

/** The stored last commit of each file that answers, by path. */
async function lastCommits(engine: Engine): Promise<Record<string, string | undefined>> {
  const { hits } = await engine.search("text", { limit: 100 });
  return Object.fromEntries(hits.map(({ path, lastCommit }) => [path, lastCommit]));
}

/** The same by asking git for each file. */
function lastCommitsByGit(workspace: string, paths: readonly string[]): Record<string, string | undefined> {
  const asked = paths.map((path) => [path, git(workspace, "log", "-1", "--format=%H", "--", path).trim()] as const);
  return Object.fromEntries(asked.map(([path, hash]) => [path, hash === "" ? undefined : hash]));
}

/** Runs, and says what was told about. */
async function indexed(engine: Engine, signal?: AbortSignal) {
  const notices: string[] = [];
  const onEvent = (event: IndexEvent) => event.type === "notice" && notices.push(event.code);
  const { commitsIndexed } = await engine.index({ onEvent, ...(signal === undefined ? {} : { signal }) });
  return { commitsIndexed, notices };
}

const text = (n: number | string) => `some text, version ${n}\n`;

async function workspaceOf(files: Readonly<Record<string, string>>): Promise<string> {
  return repository({ ".gitignore": ".resona/\n", ...files });
}

describe("the history of a workspace", () => {
  test("is left alone until it is asked for, and is kept current from then on", async () => {
    const root = await workspaceOf({ "a.ts": text(1), "b.ts": text(1), "c.bin": "\0" });
    const engine = await engineFor(root);
    expect(await indexed(engine)).toEqual({ commitsIndexed: undefined, notices: [] });
    expect(existsSync(join(engine.indexPath, "commits"))).toBe(false);
    expect(await lastCommits(engine)).toMatchObject({ "a.ts": undefined });

    expect(await engine.indexCommits()).toMatchObject({ status: "completed", itemsEmbedded: 1 });
    expect(await engine.indexCommits()).toEqual({ status: "current" });
    write(root, { "b.ts": text(2), "c.bin": "\0\0" });
    commitAll(root, "second");
    write(root, { "c.bin": "\0" });
    commitAll(root, "of no indexed file");
    expect(await indexed(engine)).toEqual({ commitsIndexed: 1, notices: [] });
    expect(await indexed(engine)).toEqual({ commitsIndexed: 0, notices: [] });
    expect(await subjects(engine)).toEqual(["first", "second"]);
    expect(await lastCommits(engine)).toEqual(lastCommitsByGit(root, [".gitignore", "a.ts", "b.ts"]));
  });

  describe("is followed", () => {
    type Step = readonly [what: string, act: (root: string) => unknown];

    const forget = (root: string) => {
      git(root, "reflog", "expire", "--expire=now", "--all");
      git(root, "gc", "-q", "--prune=now");
    };

    interface Told {
      readonly subjects: readonly string[];
      /** By path. */
      readonly lastCommits: Readonly<Record<string, string | undefined>>;
    }

    /** What is stored after each step, and what git says. */
    async function follow(steps: readonly Step[]): Promise<Record<"stored" | "expected", Record<string, Told>>> {
      const root = await workspaceOf({ "a.ts": text(1), "b.ts": text(1) });
      const change = (files: Readonly<Record<string, string>>, message: string) => {
        write(root, files);
        commitAll(root, message);
      };
      git(root, "branch", "-m", "main");
      change({ "b.ts": text(2) }, "second");
      git(root, "checkout", "-qb", "side");
      change({ "side.ts": text(1), "a.ts": text("side") }, "side");
      git(root, "checkout", "-q", "main");
      change({ "c.ts": text(1) }, "third");
      change({ "b.ts": text(3) }, "fourth");
      const engine = await engineFor(root);
      await engine.index();
      await engine.indexCommits();
      const result: Record<"stored" | "expected", Record<string, Told>> = { stored: {}, expected: {} };
      for (const [what, act] of steps) {
        act(root);
        const { notices } = await indexed(engine);
        const found = await lastCommits(engine);
        result.stored[what] = { subjects: [...(await subjects(engine)), ...notices], lastCommits: found };
        const log = git(root, "log", "--no-merges", "--format=%s").trim().split("\n");
        const untracked = Object.fromEntries(Object.keys(found).map((path) => [path, undefined]));
        const tracked = lastCommitsByGit(root, git(root, "ls-files").trim().split("\n"));
        result.expected[what] = { subjects: log.toSorted(), lastCommits: { ...untracked, ...tracked } };
      }
      return result;
    }

    test("through branches", async () => {
      const { stored, expected } = await follow([
        ["one is checked out", (root) => git(root, "checkout", "-q", "side")],
        ["and left", (root) => git(root, "checkout", "-q", "main")],
        ["and merged", (root) => git(root, "merge", "-q", "-m", "merge", "-X", "ours", "side")],
        ["which is taken back", (root) => git(root, "reset", "-q", "--hard", "HEAD^")],
        ["it is rebased", (root) => git(root, "rebase", "-q", "-X", "theirs", "main", "side")],
        ["it is deleted", (root) => (git(root, "checkout", "-q", "main"), git(root, "branch", "-qD", "side"))],
        ["one that shares nothing", (root) => (git(root, "checkout", "-q", "--orphan", "new"), commitAll(root, "new"))],
      ]);
      expect(stored).toEqual(expected);
    });

    test("through what is rewritten and forgotten", async () => {
      const { stored, expected } = await follow([
        ["amended", (root) => (write(root, { "new.ts": text(1) }), git(root, "commit", "-qm", "other", "--amend"))],
        ["renamed", (root) => (git(root, "mv", "b.ts", "d.ts"), git(root, "commit", "-qm", "rename"))],
        ["taken back", (root) => git(root, "reset", "-q", "--hard", "HEAD~2")],
        ["forgotten", (root) => (git(root, "commit", "-q", "--amend", "-m", "other"), forget(root))],
        ["detached", (root) => git(root, "checkout", "-q", "--detach", "HEAD^")],
        ["not tracked", (root) => (git(root, "rm", "-q", "--cached", "b.ts"), git(root, "commit", "-qm", "rm"))],
      ]);
      expect(stored).toEqual(expected);
    });
  });

  test("comes with a file that is indexed only later", async () => {
    const root = await workspaceOf({ "a.ts": text(1), "old/x.ts": text(1), ".resonaignore": "old/\nlater/\n" });
    write(root, { "old/x.ts": text(2) });
    const second = commitAll(root, "of an ignored file");
    const engine = await engineFor(root);
    await engine.index();
    await engine.indexCommits();
    expect(await subjects(engine)).toEqual(["first"]);
    write(root, { ".resonaignore": "later/\n" });
    expect(await indexed(engine)).toEqual({ commitsIndexed: 2, notices: [] });
    expect(await subjects(engine)).toEqual(["first", "of an ignored file"]);
    expect(await lastCommits(engine)).toMatchObject({ "old/x.ts": second });

    // Together with commits that are new.
    write(root, { "later/y.ts": text(1), ".resonaignore": "later/\n" });
    commitAll(root, "of another ignored file");
    expect(await indexed(engine)).toMatchObject({ commitsIndexed: 1 });
    write(root, { "a.ts": text(2), ".resonaignore": "# none\n" });
    commitAll(root, "of a.ts");
    expect(await indexed(engine)).toMatchObject({ commitsIndexed: 2 });
    const all = ["first", "of a.ts", "of an ignored file", "of another ignored file"];
    expect(await subjects(engine)).toEqual(all);
  });

  test("comes with a file that is indexed in the place of one that git does not track", async () => {
    const root = await workspaceOf({ "a.ts": text(1), "old/x.ts": text(1), ".resonaignore": "old/\n" });
    write(root, { "untracked.ts": text(1) });
    const engine = await engineFor(root);
    await engine.index();
    await engine.indexCommits();
    rmSync(join(root, "untracked.ts"));
    write(root, { ".resonaignore": "# none\n" });
    await indexed(engine);
    expect(await lastCommits(engine)).toMatchObject({ "old/x.ts": headOf(root) });
  });

  test("is not read again for files that come and go, or when the files are indexed anew", async () => {
    const root = await workspaceOf({ "a.ts": text(1), "b.ts": text(1) });
    const engine = await engineFor(root);
    await engine.index();
    await engine.indexCommits();
    const expected = await lastCommits(engine);
    expect(expected["b.ts"]).toBe(headOf(root));
    await rm(join(root, "b.ts"));
    expect(await indexed(engine)).toMatchObject({ commitsIndexed: 0 });
    git(root, "checkout", "-q", "b.ts");
    expect(await indexed(engine)).toMatchObject({ commitsIndexed: 0 });
    expect(await lastCommits(engine)).toEqual(expected);
    await engine.index({ rebuild: true });
    expect(await lastCommits(engine)).toEqual(expected);
  });

  test("costs nothing while the head stays where it is", async () => {
    const root = await workspaceOf({ "a.ts": text(1) });
    const engine = await engineFor(root);
    await engine.index();
    await engine.indexCommits();
    const commits = join(engine.indexPath, "commits");
    const files = () => readdirSync(commits, { recursive: true, encoding: "utf8" }).toSorted();
    const before = files();
    write(root, { "a.ts": text(2) });
    expect(await indexed(engine)).toEqual({ commitsIndexed: 0, notices: [] });
    expect(files()).toEqual(before);
    // The change is not committed.
    expect(await lastCommits(engine)).toMatchObject({ "a.ts": headOf(root) });
  });

  test("is embedded anew with another model, and when its records are lost", async () => {
    const root = await workspaceOf({ "a.ts": text(1) });
    const engine = await engineFor(root);
    await engine.index();
    await engine.indexCommits();
    const manifest = join(engine.indexPath, "commits/index.json");
    await writeFile(manifest, (await readFile(manifest, "utf8")).replace(/"model": "[\da-f]+"/u, '"model": "other"'));
    const main = join(engine.indexPath, "index.json");
    await writeFile(main, (await readFile(main, "utf8")).replace(/"model": "[\da-f]+"/u, '"model": "other"'));
    expect(await indexed(engine)).toMatchObject({ commitsIndexed: 1, notices: ["REBUILT", "REBUILT"] });
    expect(await subjects(engine)).toEqual(["first"]);

    rmSync(join(engine.indexPath, "commits/chunks.lance"), { recursive: true });
    rmSync(manifest);
    expect(await indexed(engine)).toMatchObject({ commitsIndexed: 1 });
    expect(await subjects(engine)).toEqual(["first"]);
  });
});

describe("a history that cannot be brought up to date", () => {
  test("is told of, and the files are indexed all the same", async () => {
    const root = await workspaceOf({ "a.ts": text(1) });
    const engine = await engineFor(root);
    await engine.index();
    await engine.indexCommits();
    const manifest = join(engine.indexPath, "commits/index.json");
    const whole = await readFile(manifest, "utf8");
    await writeFile(manifest, whole.replace(/"schemaVersion": \d+/u, '"schemaVersion": 1000'));
    write(root, { "b.ts": text(1) });
    commitAll(root, "second");
    expect(await indexed(engine)).toEqual({ commitsIndexed: undefined, notices: ["COMMITS_FAILED"] });
    const stats = await engine.stats();
    expect(stats.files).toBe(3);
    expect(stats).not.toHaveProperty("commits");
    await writeFile(manifest, whole);
    expect(await indexed(engine)).toEqual({ commitsIndexed: 1, notices: [] });
    expect(await engine.stats()).toHaveProperty("commits", (await subjects(engine)).length);
  });

  test("is continued after it was broken off", async () => {
    const root = await workspaceOf({ "a.ts": text(1) });
    const engine = await engineFor(root);
    await engine.index();
    await engine.indexCommits();
    write(root, { "a.ts": text(2) });
    // Long ago, so that the files need not be looked at again.
    for (const name of ["a.ts", ".gitignore"]) utimesSync(join(root, name), 1_000_000_000, 1_000_000_000);
    await engine.index();
    const second = commitAll(root, "second");
    const stop = new AbortController();
    const summary = await engine.index({
      signal: stop.signal,
      onEvent: (event) => {
        // The files are as they were: this is the history's.
        if (event.type === "debug" && event.message.startsWith("Processing batch")) stop.abort();
      },
    });
    expect(stop.signal.aborted).toBe(true);
    expect(summary).toMatchObject({ status: "interrupted", filesUnchanged: 2 });
    expect(summary.commitsIndexed).toBeUndefined();
    expect(await lastCommits(engine)).not.toMatchObject({ "a.ts": second });
    expect(await indexed(engine)).toMatchObject({ commitsIndexed: expect.any(Number) as number });
    expect(await subjects(engine)).toEqual(["first", "second"]);
    expect(await lastCommits(engine)).toMatchObject({ "a.ts": second });
  });

  test("is read again where a commit was exchanged for another and the files could not be told", async () => {
    const root = await workspaceOf({ "a.ts": text(1) });
    const engine = await engineFor(root);
    await engine.index();
    await engine.indexCommits();
    const first = headOf(root);
    git(root, "commit", "-q", "--amend", "-m", "amended");
    const lock = await lockForWriting(engine.indexPath);
    await expect(engine.indexCommits()).rejects.toMatchObject({ code: "INDEX_LOCKED" });
    await lock.release();
    git(root, "reset", "-q", "--hard", first);
    await indexed(engine);
    expect(await subjects(engine)).toEqual(["first"]);
  });

  test("is built anew with the files when its records cannot be read", async () => {
    const root = await workspaceOf({ "a.ts": text(1) });
    const engine = await engineFor(root);
    await engine.index();
    await engine.indexCommits();
    rmSync(join(engine.indexPath, "commits/chunks.lance/data"), { recursive: true });
    await engine.index({ rebuild: true });
    const { hits } = await engine.searchCommits("first");
    expect(hits).toMatchObject([{ subject: "first" }]);
  });

  test("is whole after the next run, wherever the last one was killed", async () => {
    const root = await workspaceOf({ "a.ts": text(0) });
    const engine = await engineFor(root);
    await engine.index();
    await engine.indexCommits();
    let killed = 0;
    for (const lines of [1, 3, 4, 5, 6, 7]) {
      for (let n = 0; n < 5; n++) {
        write(root, { "a.ts": text(`${lines}.${n}`), [`f${lines}.ts`]: text(n) });
        commitAll(root, `commit ${lines}.${n}`);
      }
      git(root, "commit", "-q", "--amend", "-m", `commit ${lines}, amended`);
      const child = startIndexProcess(root);
      let said = 0;
      child.stdout?.setEncoding("utf8").on("data", (part: string) => {
        said += part.split("\n").length - 1;
        if (said >= lines && child.exitCode === null) killed += Number(child.kill("SIGKILL"));
      });
      await once(child, "close");
      // What is left unfinished is rewritten meanwhile.
      git(root, "reset", "-q", "--hard", "HEAD~2");
    }
    expect(killed).toBeGreaterThan(2);
    expect(await indexed(engine)).toMatchObject({ commitsIndexed: expect.any(Number) as number });
    expect(await subjects(engine)).toEqual(git(root, "log", "--format=%s").trim().split("\n").toSorted());
    const found = await lastCommits(engine);
    expect(Object.keys(found).length).toBeGreaterThan(5);
    expect(found).toEqual(lastCommitsByGit(root, Object.keys(found)));
  });

  test("is read as far as a damaged repository lets it, and whole when that is repaired", async () => {
    const root = await workspaceOf({ "a.ts": text(1) });
    write(root, { "a.ts": text(2) });
    const broken = commitAll(root, "second");
    for (const n of [3, 4]) {
      write(root, { "a.ts": text(n), [`f${n}.ts`]: text(n) });
      commitAll(root, `commit ${n}`);
    }
    const tree = git(root, "rev-parse", `${broken}^{tree}`).trim();
    const object = join(root, ".git/objects", tree.slice(0, 2), tree.slice(2));
    const bytes = await readFile(object);
    rmSync(object, { force: true });
    const engine = await engineFor(root);
    await engine.index();
    const notices: string[] = [];
    await engine.indexCommits({ onEvent: (event) => event.type === "notice" && notices.push(event.code) });
    expect(notices).toEqual(["GIT_HISTORY_INCOMPLETE"]);
    expect(await subjects(engine)).toEqual(["commit 4"]);
    // The same is not tried over and over.
    expect(await indexed(engine)).toEqual({ commitsIndexed: 0, notices: [] });

    await writeFile(object, bytes);
    write(root, { "a.ts": text(5) });
    commitAll(root, "commit 5");
    expect(await indexed(engine)).toEqual({ commitsIndexed: 4, notices: [] });
    expect(await subjects(engine)).toEqual(["commit 3", "commit 4", "commit 5", "first", "second"]);
    expect(await lastCommits(engine)).toEqual(lastCommitsByGit(root, [".gitignore", "a.ts", "f3.ts", "f4.ts"]));
  });
});
