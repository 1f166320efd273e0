import { readdir, rm, utimes } from "node:fs/promises";
import { join } from "node:path";
import { env } from "node:process";

import { describe, expect, it, onTestFinished, vi } from "vitest";

import { type Engine, type EngineOptions, type IndexSummary, openEngine, type WatchEvent } from "../src/index.ts";
import { lockForWriting } from "../src/store/writer-lock.ts";
import { git, repository, write } from "./git-repository.ts";
import { temporaryFolder } from "./temp-folder.ts";

// What is tested runs git in this process's environment.
env["GIT_CONFIG_GLOBAL"] = "/dev/null";
env["GIT_CONFIG_NOSYSTEM"] = "1";

const patience = { interval: 10, timeout: 30_000 };
const definition = (name: string) => `export function ${name}(): void {\n  // ${name}\n}\n`;

/** An engine that watches until the test ends, with what its runs did. */
async function watching(workspace: string, options: EngineOptions = {}) {
  const engine = await openEngine({ workspace, ...options });
  const controller = new AbortController();
  const runs: IndexSummary[] = [];
  const events: WatchEvent[] = [];
  const onEvent = (event: WatchEvent) => {
    if (event.type === "indexed") runs.push(event.summary);
    if (event.type !== "progress") events.push(event);
  };
  const ended = engine.watch({ signal: controller.signal, onEvent });
  onTestFinished(async () => {
    controller.abort();
    await ended.catch(() => undefined);
    await engine.close();
  });
  await Promise.race([ended, vi.waitUntil(() => events.some(({ type }) => type === "watching"), patience)]);
  return { engine, runs, events };
}

async function found(engine: Engine, name: string): Promise<readonly string[]> {
  return (await engine.search(name)).hits.filter(({ symbols }) => symbols.includes(name)).map(({ path }) => path);
}

describe("an engine that watches", () => {
  it("finds what is saved, not what is deleted, and writes nothing into the workspace", async () => {
    const root = await temporaryFolder();
    write(root, { "a.ts": definition("openHarbour") });
    const { engine, runs } = await watching(root, { index: join(await temporaryFolder(), "index") });
    expect(await found(engine, "openHarbour")).toEqual(["a.ts"]);
    write(root, { "new/b.ts": definition("closeHarbour") });
    await expect.poll(() => found(engine, "closeHarbour"), patience).toEqual(["new/b.ts"]);
    await rm(join(root, "a.ts"));
    await expect.poll(() => found(engine, "openHarbour"), patience).toEqual([]);
    expect(await readdir(root)).toEqual(["new"]);
    const changes = () =>
      runs.map(({ filesIndexed, filesRemoved }) => [filesIndexed, filesRemoved]).filter(([n = 0, m = 0]) => n + m > 0);
    const first = [
      [1, 0],
      [1, 0],
      [0, 1],
    ];
    await expect.poll(changes, patience).toEqual(first);
    // An index that was deleted is built anew.
    await rm(engine.indexPath, { recursive: true });
    write(root, { "c.ts": definition("leaveHarbour") });
    await expect.poll(changes, patience).toEqual([...first, [2, 0]]);
  });

  it("does nothing when what is excluded changes", async () => {
    const root = await temporaryFolder();
    write(root, { "a.ts": definition("openHarbour"), "out/sub/b.ts": "", "c.log": "", "sub/g.ts": "" });
    const { engine, events } = await watching(root, { exclude: ["/out", "*.log"] });
    const runs = () => events.filter(({ type }) => type === "indexed").length;
    write(root, { "out/sub/b.ts": definition("closeHarbour"), "out/new/d.ts": "x", "c.log": "x", "sub/e.log": "x" });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(runs()).toBe(1);
    write(root, { "f.ts": definition("leaveHarbour") });
    await expect.poll(() => found(engine, "leaveHarbour"), patience).toEqual(["f.ts"]);
    expect(await found(engine, "closeHarbour")).toEqual([]);
  });

  it("finds what is saved whatever the clock says: with a time that is still to come, or one that goes back", async () => {
    const root = await temporaryFolder();
    const saveAt = async (name: string, time: number) => {
      write(root, { "a.ts": definition(name) });
      await utimes(join(root, "a.ts"), time, time);
    };
    const tomorrow = Date.now() / 1_000 + 86_400;
    await saveAt("first", tomorrow);
    const { engine } = await watching(root);
    expect(await found(engine, "first")).toEqual(["a.ts"]);
    // Of the same size, and at last with the same time.
    await saveAt("third", tomorrow);
    await expect.poll(() => found(engine, "third"), patience).toEqual(["a.ts"]);
    await saveAt("sixth", 1_000_000_000);
    await expect.poll(() => found(engine, "sixth"), patience).toEqual(["a.ts"]);
  });

  it("follows a file that becomes a folder, and a folder that becomes a file", async () => {
    const root = await temporaryFolder();
    write(root, { a: definition("file"), "b/c.ts": definition("inFolder") });
    const { engine, events } = await watching(root);
    expect(await found(engine, "inFolder")).toEqual(["b/c.ts"]);
    await rm(join(root, "a"));
    await rm(join(root, "b"), { recursive: true });
    write(root, { "a/d.ts": definition("nowInFolder"), b: "now a file" });
    await expect.poll(() => found(engine, "nowInFolder"), patience).toEqual(["a/d.ts"]);
    await expect.poll(() => found(engine, "inFolder"), patience).toEqual([]);
    write(root, { "a/d.ts": definition("againInFolder") });
    await expect.poll(() => found(engine, "againInFolder"), patience).toEqual(["a/d.ts"]);
    expect(events.map(({ type }) => type)).not.toContain("index-failed");
  });

  it("follows git from branch to branch", async () => {
    const root = await repository({ "a.ts": definition("onMain") });
    git(root, "checkout", "-q", "-b", "other");
    write(root, { "a.ts": definition("onOther"), "b.ts": definition("alsoOnOther") });
    git(root, "add", "--all");
    git(root, "commit", "-qm", "other");
    const { engine } = await watching(root);
    expect(await found(engine, "onMain")).toEqual([]);
    git(root, "checkout", "-q", "-");
    await expect.poll(() => found(engine, "onMain"), patience).toEqual(["a.ts"]);
    // What is written is seen before what is removed.
    await expect.poll(() => found(engine, "alsoOnOther"), patience).toEqual([]);
  });

  it("does not disturb another one of the same workspace", async () => {
    const root = await temporaryFolder();
    write(root, { "a.ts": definition("first") });
    const both = [await watching(root), await watching(root)] as const;
    write(root, { "b.ts": definition("second") });
    for (const { engine } of both) await expect.poll(() => found(engine, "second"), patience).toEqual(["b.ts"]);
    // Each file was indexed once, by whoever came first.
    await expect.poll(() => both.map(({ runs }) => runs.at(-1)?.filesInIndex), patience).toEqual([2, 2]);
    const indexed = both.flatMap(({ runs }) => runs.map(({ filesIndexed }) => filesIndexed));
    expect(indexed.reduce((sum, count) => sum + count, 0)).toBe(2);
    expect(both.flatMap(({ events }) => events.map(({ type }) => type))).not.toContain("index-failed");
  });

  it("waits while another process writes, and then does what has come up meanwhile", async () => {
    const root = await temporaryFolder();
    write(root, { "a.ts": definition("first") });
    const { engine, runs } = await watching(root);
    const lock = await lockForWriting(engine.indexPath);
    write(root, { "b.ts": definition("second") });
    await new Promise((resolve) => setTimeout(resolve, 400));
    write(root, { "c.ts": definition("third") });
    expect(runs).toHaveLength(1);
    await lock.release();
    await expect.poll(() => found(engine, "third"), patience).toEqual(["c.ts"]);
    expect(await found(engine, "second")).toEqual(["b.ts"]);
  });

  it("does not begin where there can be no index", async () => {
    const root = await temporaryFolder();
    write(root, { ".resona/mine.txt": "x" });
    await expect(watching(root)).rejects.toMatchObject({ code: "INDEX_FOREIGN" });
  });
});
