import { execFileSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { defaultModelPath } from "@resona/native-embed";
import { describe, expect, onTestFinished, test } from "vitest";

import { git, repository, write } from "../test/git-repository.ts";
import { temporaryFolder } from "../test/temp-folder.ts";
import { commitAll } from "./git/git.test-helper.ts";
import { type Engine, type EngineOptions, type IndexEvent, type MaintenanceStep, openEngine } from "./index.ts";
import { ItemStore } from "./store/item-store.ts";
import { lockForWriting } from "./store/writer-lock.ts";

const text = (n: number | string) => `some text, version ${n}\n`;

async function engineFor(workspace: string, options: EngineOptions = {}): Promise<Engine> {
  const engine = await openEngine({ workspace, ...options });
  onTestFinished(() => engine.close());
  return engine;
}

/** A workspace of two commits whose history was read. */
async function withHistory(options: EngineOptions = {}) {
  const root = await repository({ ".gitignore": ".resona/\n", "a.ts": text(1) });
  write(root, { "a.ts": text(2) });
  commitAll(root, "second");
  const engine = await engineFor(root, options);
  await engine.index();
  await engine.indexCommits();
  const folder = join(engine.indexPath, "commits");
  return { root, engine, folder, table: join(folder, "chunks.lance") };
}

/** Runs, and says what was told about. */
async function indexed(engine: Engine) {
  const notices: string[] = [];
  const onEvent = (event: IndexEvent) => event.type === "notice" && notices.push(event.message);
  const { commitsIndexed } = await engine.index({ onEvent });
  return { commitsIndexed, notices };
}

/** What the table of commits consists of, and the subjects of those commits that the history has. */
async function stored(engine: Engine) {
  const store = await ItemStore.open(join(engine.indexPath, "commits"), (await engine.stats()).dimension);
  const { rows, versions, fragments } = await store.tables[0]!.state();
  const hashes = (await Array.fromAsync(store.baseIds())).flat();
  store.close();
  const log = git(engine.workspace, "log", "--format=%H %s").trim().split("\n");
  const known = new Map(log.map((line) => [line.slice(0, 40), line.slice(41)]));
  return { rows, versions, fragments, subjects: hashes.map((hash) => known.get(hash) ?? hash).toSorted() };
}

/** The subjects of the commits that a query finds. */
async function found(engine: Engine, query: string): Promise<string[]> {
  return (await engine.searchCommits(query)).hits.map(({ subject }) => subject);
}

const oldestOf = (folder: string) => join(folder, readdirSync(folder).toSorted()[0] ?? "");

/** Overwrites a file but for what its end is told by. */
function zero(path: string): void {
  const bytes = readFileSync(path);
  writeFileSync(path, bytes.fill(0, 0, bytes.length - 40));
}

describe("a history of which something was lost", () => {
  type Damage = readonly [what: string, act: (table: string) => unknown, remedy: "index" | "heal", notice: RegExp];
  const anew = /^History: The table chunks .* All commits are read and embedded anew\.$/;
  const damages: readonly Damage[] = [
    ["a file", (table) => rmSync(oldestOf(join(table, "data"))), "index", anew],
    ["the end of a file", (table) => truncateSync(oldestOf(join(table, "data")), 100), "index", anew],
    ["all but the end of a file", (table) => zero(oldestOf(join(table, "data"))), "index", anew],
    ["the table", (table) => rmSync(table, { recursive: true }), "index", /All commits are read and embedded anew\.$/],
    ["the manifest", (table) => truncateSync(join(table, "../index.json"), 20), "index", /cannot be read\.$/],
    // Names count down.
    ["a version", (table) => truncateSync(oldestOf(join(table, "_versions")), 20), "heal", /the version before\.$/],
  ];

  test("is found by diagnosis, mended by the next run, and searched again", async () => {
    const { engine, table } = await withHistory();
    const seen: Record<string, unknown> = {};
    const expected: Record<string, unknown> = {};
    for (const [what, damage, kind, notice] of damages) {
      damage(table);
      const { findings } = await engine.getDiagnostics();
      const { notices } = await indexed(engine);
      seen[what] = {
        findings: findings.map(({ severity, sentence, remedy }) => [severity, sentence.slice(0, 9), remedy.kind]),
        notice: notices[0],
        subjects: (await stored(engine)).subjects,
        found: (await found(engine, "second"))[0],
        left: (await engine.getDiagnostics()).findings,
        later: await indexed(engine),
      };
      expected[what] = {
        findings: [["error", "History: ", kind]],
        notice: expect.stringMatching(notice) as string,
        subjects: ["first", "second"],
        found: "second",
        left: [],
        later: { commitsIndexed: 0, notices: [] },
      };
    }
    expect(seen).toEqual(expected);
  });

  test("is read again where healing has taken back a version of as many records", async () => {
    const { root, engine, table } = await withHistory();
    git(root, "commit", "-q", "--amend", "-m", "amended");
    await engine.index();
    // A commit came with one version and went with another.
    for (const name of readdirSync(join(table, "_versions")).toSorted().slice(0, 2))
      truncateSync(join(table, "_versions", name), 20);
    expect((await engine.heal()).tables).toMatchObject([{ table: "commits/chunks" }]);
    await engine.index();
    expect((await stored(engine)).subjects).toEqual(["amended", "first"]);
  });

  test("has its search index mended by maintenance", async () => {
    const { engine, table } = await withHistory();
    await engine.maintain();
    for (const name of readdirSync(join(table, "_indices"))) rmSync(join(table, "_indices", name), { recursive: true });
    const { findings } = await engine.getDiagnostics();
    expect(findings).toMatchObject([{ code: "INDEX_BROKEN", remedy: { kind: "maintain" } }]);
    expect(await indexed(engine)).toEqual({ commitsIndexed: 0, notices: [] });
    expect(await engine.maintain()).toMatchObject({ indexRebuilt: true, failures: [] });
    expect((await engine.getDiagnostics()).findings).toEqual([]);
    expect((await found(engine, "second"))[0]).toBe("second");
  });
});

test("maintenance and diagnosis are of the history as well, and say which table is meant", async () => {
  const { root, engine, folder } = await withHistory();
  for (let n = 0; n < 3; n++) {
    write(root, { "a.ts": text(`later ${n}`) });
    commitAll(root, `later ${n}`);
    await engine.index();
  }
  expect(await stored(engine)).toMatchObject({ rows: 5, fragments: 4 });
  const { reclaimableBytes } = await engine.getDiagnostics();

  const lock = await lockForWriting(folder);
  expect((await engine.getDiagnostics()).findings).toMatchObject([
    { code: "LOCK_HELD", sentence: expect.stringMatching(/^History: /) as string },
  ]);
  const other = await lockForWriting(engine.indexPath);
  expect((await engine.getDiagnostics()).findings).toMatchObject([
    { code: "LOCK_HELD", sentence: expect.not.stringMatching(/^History: /) as string },
  ]);
  await other.release();
  const locked = await engine.maintain({ skipCompaction: true, skipIndex: true, skipCleanup: true });
  expect(locked.failures).toMatchObject([{ table: "commits/chunks", code: "INDEX_LOCKED" }]);
  await lock.release();

  const steps = new Set<string>();
  const onProgress = (step: MaintenanceStep, details = "") => steps.add(`${step} ${details.split(":")[0]}`);
  const result = await engine.maintain({ retentionDays: 0, onProgress });
  expect(await stored(engine)).toMatchObject({ rows: 5, fragments: 1, versions: 1 });
  expect([...steps]).toEqual(expect.arrayContaining(["compaction commits/chunks", "cleanup commits/chunks"]));
  expect(result).toMatchObject({ failures: [], interrupted: false });
  expect(result.compaction?.fragmentsRemoved).toBeGreaterThanOrEqual(4);
  expect(await engine.stats()).toMatchObject({ versions: 3, fragments: 3 });
  expect(result.cleanup?.bytesRemoved).toBeGreaterThanOrEqual(reclaimableBytes ?? Infinity);
  expect((await engine.getDiagnostics()).reclaimableBytes).toBe(0);

  const read = new Set<string>();
  await engine.getDiagnostics({ deep: true, onProgress: ({ table }) => read.add(table) });
  expect([...read].toSorted()).toEqual(["chunks", "commits/chunks", "files"]);
});

test("reading the history is a stage of a run, after the files", async () => {
  const { root, engine } = await withHistory();
  write(root, { "a.ts": text(3) });
  commitAll(root, "third");
  const stages: string[] = [];
  let last: IndexEvent | undefined;
  const onEvent = (event: IndexEvent) => {
    if (event.type === "progress" && stages.at(-1) !== event.stage) stages.push(event.stage);
    if (event.type === "progress") last = event;
  };
  await engine.index({ onEvent });
  expect(stages.slice(-2)).toEqual(["optimizing", "history"]);
  expect(last).toMatchObject({ stage: "history", filesDone: 2, filesTotal: 2, commitsEmbedded: 1 });
  stages.length = 0;
  await engine.index({ onEvent });
  expect(stages).not.toContain("history");
});

describe("where another process has changed the model", () => {
  /** The built-in model with another name, which makes it another model. */
  async function otherModel(): Promise<string> {
    const bytes = readFileSync(defaultModelPath);
    const name = "resona-code-static-v0";
    bytes.write("other-model".padEnd(name.length, "-"), bytes.indexOf(name), name.length);
    const path = join(await temporaryFolder(), "other.gguf");
    writeFileSync(path, bytes);
    return path;
  }

  /** Indexes in a process of its own, and waits for that. */
  function indexElsewhere(workspace: string, model: string): void {
    const script = `
      import { openEngine } from ${JSON.stringify(new URL("index.ts", import.meta.url).href)};
      const engine = await openEngine(${JSON.stringify({ workspace, model })});
      await engine.index();
      await engine.close();`;
    execFileSync(process.execPath, ["--conditions=@resona/source", "--input-type=module", "-e", script]);
  }

  test("an engine that was opened before goes on with that model", async () => {
    const { root, engine } = await withHistory();
    const other = await engineFor(root, { model: await otherModel() });
    expect(await other.index()).toMatchObject({ commitsIndexed: 2 });
    expect(await indexed(engine)).toEqual({ commitsIndexed: 0, notices: [] });
    expect((await found(engine, "second"))[0]).toBe("second");
    expect((await engine.getDiagnostics()).findings).toEqual([]);
  });

  test("while the history was about to be read, what that process has read of it stays", async () => {
    const { root, engine, folder } = await withHistory();
    const model = await otherModel();
    write(root, { "a.ts": text(3) });
    commitAll(root, "third");
    const notices: string[] = [];
    let isChanged = false;
    await engine.index({
      onEvent: (event) => {
        if (event.type === "notice") notices.push(event.code);
        if (event.type !== "progress" || event.stage !== "history" || isChanged) return;
        isChanged = true;
        indexElsewhere(root, model);
        // One more than that process has read.
        write(root, { "a.ts": text(4) });
        commitAll(root, "fourth");
      },
    });
    expect(isChanged).toBe(true);
    const manifest = () => JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as { fingerprint: object };
    const before = manifest().fingerprint;
    expect(notices).toEqual(["COMMITS_FAILED"]);
    expect(await indexed(engine)).toMatchObject({ commitsIndexed: 1, notices: [] });
    expect(manifest().fingerprint).toEqual(before);
    expect((await stored(engine)).subjects).toEqual(["first", "fourth", "second", "third"]);
    expect((await found(engine, "fourth"))[0]).toBe("fourth");
  });

  test("and the commits are embedded with another model than the files, they are embedded anew", async () => {
    const { root, engine, folder } = await withHistory();
    const former = join(await temporaryFolder(), "commits");
    cpSync(folder, former, { recursive: true });
    await (await engineFor(root, { model: await otherModel() })).index();
    const state = readFileSync(join(folder, "history.json"));
    rmSync(folder, { recursive: true });
    cpSync(former, folder, { recursive: true });
    // As it is where a process had read the state of the files before they were changed.
    writeFileSync(join(folder, "history.json"), state);
    const { findings } = await engine.getDiagnostics();
    expect(findings).toMatchObject([{ code: "FINGERPRINT_MISMATCH", remedy: { kind: "index" } }]);
    const { commitsIndexed, notices } = await indexed(engine);
    expect({ commitsIndexed, told: notices.length }).toEqual({ commitsIndexed: 2, told: 1 });
    expect((await found(engine, "second"))[0]).toBe("second");
    expect((await engine.getDiagnostics()).findings).toEqual([]);
  });
});
