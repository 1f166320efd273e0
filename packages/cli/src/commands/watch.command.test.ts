import { existsSync, readFileSync, watch as watchFolder } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { type IndexSummary, ResonaError, type WatchEvent, type WatchOptions } from "@resona/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";

import { execute } from "../execute.ts";
import { fakeContext, FakeEngine, summary } from "../testing/fake-context.ts";
import { cliResult, startCli, workspaceWith } from "../testing/run-cli.ts";

const watching: WatchEvent = { type: "watching", by: "events", intervalMs: 600_000 };
const full = new ResonaError("DISK_FULL", "There is no space left.", "Free some space.");

function indexed(changes: Partial<IndexSummary>, changed = true): WatchEvent {
  return { type: "indexed", changed, summary: { ...summary, ...changes } };
}

/** Runs `resona watch` with an engine that reports these events and then ends as told. */
async function watch(events: readonly WatchEvent[], argv: readonly string[] = [], failure?: Error) {
  const engine = new FakeEngine();
  engine.watches = async ({ onEvent }: WatchOptions) => {
    for (const event of events) onEvent?.(event);
    if (failure) throw failure;
  };
  const context = fakeContext(engine);
  const outcome = await execute(["watch", ...argv], context);
  return { outcome, engine, stdout: context.stdout.text, stderr: context.stderr.text };
}

describe("watch", () => {
  test("prints a line for every run that changed something", async () => {
    const run = await watch([
      indexed({ filesIndexed: 1_200, chunksWritten: 8_000, durationMs: 12_345 }),
      watching,
      indexed({ filesIndexed: 0, durationMs: 9 }, false),
      indexed({ filesIndexed: 3, chunksWritten: 7, filesRemoved: 1, durationMs: 210 }),
      indexed({ filesIndexed: 1, chunksWritten: 1, filesFailed: 2, durationMs: 80 }),
    ]);
    expect(run).toMatchObject({ outcome: "done", stderr: "Watching /w; Ctrl-C ends it.\n" });
    expect(run.stdout.replaceAll(/^\d\d:\d\d:\d\d /gm, "TIME ")).toBe(
      [
        "TIME Indexed 1,200 files (8,000 chunks) in 12.3 s",
        "TIME Indexed 3 files (7 chunks) in 210 ms; 1 removed",
        "TIME Indexed 1 file (1 chunk) in 80 ms; 2 failed",
        "",
      ].join("\n"),
    );
    expect(run.engine.calls).toEqual(["watch", "close"]);
  });

  test("tells on stderr what is the matter, and goes on", async () => {
    const notice: WatchEvent = { type: "notice", code: "WORKSPACE_GONE", message: "/w is gone." };
    const run = await watch([
      indexed({}, false),
      { type: "watching", by: "polling", intervalMs: 30_000 },
      notice,
      { type: "index-failed", error: full },
      notice,
    ]);
    expect(run).toMatchObject({ outcome: "done", stdout: "" });
    expect(run.stderr.replace(/\d\d:\d\d:\d\d/, "TIME")).toBe(
      [
        "Comparing /w every 30.0 s; Ctrl-C ends it.",
        "note: /w is gone.",
        "TIME error[DISK_FULL]: There is no space left.",
        "Free some space.",
        "note: /w is gone.",
        "",
      ].join("\n"),
    );
  });

  test("prints a line of JSON for every event, and nothing else", async () => {
    const run = await watch(
      [
        { type: "notice", code: "LOCK_WAIT", message: "The index is being written." },
        indexed({}, false),
        watching,
        indexed({ filesIndexed: 3, filesRemoved: 1 }),
        { type: "index-failed", error: full },
        { type: "debug", message: "batch" },
      ],
      ["--json"],
    );
    expect(run).toMatchObject({ outcome: "done", stderr: "" });
    const lines = run.stdout.trimEnd().split("\n");
    const documents = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    for (const document of documents)
      expect(document).toMatchObject({ schema: 1, command: "watch", time: expect.stringMatching(/^\d{4}-.*Z$/) });
    expect(documents).toMatchObject([
      { event: "notice", code: "LOCK_WAIT", message: "The index is being written." },
      { event: "watching", workspace: "/w", indexPath: "/w/.resona", by: "events", intervalMs: 600_000 },
      { event: "indexed", filesIndexed: 3, filesRemoved: 1, filesInIndex: 3, failures: [] },
      { event: "failed", error: { code: "DISK_FULL", nextStep: "Free some space." } },
    ]);
  });

  test("ends with trouble when there is nothing to watch for", async () => {
    const run = await watch([], [], full);
    expect(run).toMatchObject({ outcome: "trouble", stdout: "" });
    expect(run.stderr).toContain("error[DISK_FULL]");
    const json = await watch([], ["--json"], full);
    expect(json).toMatchObject({ outcome: "trouble", stderr: "" });
    expect(json.stdout).toMatch(/^\{"schema":1,"error":\{"code":"DISK_FULL".*\}\}\n$/);
  });

  test("is interrupted when it is stopped before the index is complete", async () => {
    const run = await watch([]);
    expect(run).toMatchObject({ outcome: "interrupted", stdout: "" });
    const message = "Interrupted before the index was complete; run the same command to continue.";
    expect(run.stderr).toBe(`${message}\n`);
    const json = await watch([], ["--json"]);
    expect(json).toMatchObject({ outcome: "interrupted", stderr: "" });
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: 1, error: { code: "INTERRUPTED", message } });
  });

  test("says in the way of the other lines that a repository cannot be reached", async () => {
    const engine = new FakeEngine();
    const context = fakeContext(engine, {
      openRepository: async (_, { fetch, onFetch, onNotice }) => {
        expect(fetch).toBe(true);
        onFetch?.("https://host/a.git");
        onNotice?.({ type: "notice", code: "CLONE_NOT_UPDATED", message: "It cannot be reached." });
        return { workspace: "/cache/tree", index: "/cache/index" };
      },
    });
    engine.watches = async ({ onEvent }: WatchOptions) => onEvent?.(watching);
    expect(await execute(["watch", "--json", "--workspace", "https://host/a.git"], context)).toBe("done");
    expect(context.stderr.text).toBe("");
    const lines = context.stdout.text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
      { schema: 1, command: "watch", event: "notice", code: "CLONE_NOT_UPDATED", message: "It cannot be reached." },
      { event: "watching" },
    ]);
  });

  test("shows the progress of the first run, and that it finishes what it writes when it is stopped", async () => {
    const engine = new FakeEngine();
    const controller = new AbortController();
    const counts = { filesDone: 1, filesIndexed: 1, chunksIndexed: 1, bytesRead: 1, bytesPerSecond: 1, rssBytes: 1 };
    engine.watches = async ({ onEvent }: WatchOptions) => {
      onEvent?.(indexed({}, false));
      onEvent?.(watching);
      onEvent?.({ type: "progress", stage: "indexing", ...counts });
      controller.abort();
    };
    const context = fakeContext(engine, { signal: controller.signal });
    expect(await execute(["watch"], context)).toBe("done");
    expect(context.stderr.text).toBe(
      "Watching /w; Ctrl-C ends it.\nnote: Finishing what is being written; interrupt again to stop at once.\n",
    );
  });
});

test.skipIf(process.platform === "win32")("a real watch indexes what is saved, and ends with 0 at Ctrl-C", async () => {
  const cwd = await workspaceWith({ "a.ts": "export const harbour = 1;\n" });
  const child = startCli(["watch", "--json"], { cwd });
  const result = cliResult(child);
  const saved = new Promise<void>((resolve) => {
    let lines = 0;
    child.stdout?.on("data", (text: string) => {
      lines += text.split("\n").length - 1;
      // The first run, that it watches, and the run for what is saved then.
      if (lines === 2) void writeFile(join(cwd, "b.ts"), "export const ship = 2;\n");
      if (lines === 3) resolve();
    });
  });
  await Promise.race([saved, result]);
  child.kill("SIGINT");
  const { code, stdout, stderr } = await result;
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const events = stdout.trimEnd().split("\n");
  expect(events.map((line) => JSON.parse(line) as object)).toMatchObject([
    { event: "indexed" },
    { event: "watching", workspace: cwd, indexPath: join(cwd, ".resona") },
    { event: "indexed" },
  ]);
});

test.skipIf(process.platform === "win32")(
  "a real watch takes over from another that is killed while it writes, and ends with 0 at SIGTERM",
  async () => {
    const names = Array.from({ length: 300 }, (_, n) => `f${n}.ts`);
    const cwd = await workspaceWith(Object.fromEntries(names.map((name, n) => [name, `export const ship = ${n};\n`])));
    const index = join(cwd, ".resona");
    const first = startCli(["watch"], { cwd });
    const firstResult = cliResult(first);
    onTestFinished(() => void first.kill("SIGKILL"));
    const isWriting = () => existsSync(join(index, "writer.lock")) && !existsSync(join(index, "takeover.lock"));
    await Promise.race([vi.waitUntil(isWriting, { interval: 1, timeout: 30_000 }), firstResult]);
    first.kill("SIGSTOP");
    expect(isWriting()).toBe(true);
    expect(JSON.parse(readFileSync(join(index, "writer.json"), "utf8"))).toMatchObject({ pid: first.pid });

    // Whoever wants the lock takes a turn first.
    const { promise: isWanted, resolve: wanted } = Promise.withResolvers<void>();
    const folder = watchFolder(index, (_, name) => {
      if (name === "takeover.lock") wanted();
    });
    onTestFinished(() => folder.close());
    const second = startCli(["watch", "--json"], { cwd });
    const secondResult = cliResult(second);
    onTestFinished(() => void second.kill("SIGKILL"));
    let said = "";
    second.stdout?.on("data", (text: string) => (said += text));
    await Promise.race([isWanted, secondResult]);
    expect(said).not.toContain('"indexed"');

    first.kill("SIGKILL");
    await firstResult;
    await vi.waitUntil(() => said.includes('"watching"'), { timeout: 30_000 });
    await writeFile(join(cwd, "new.ts"), "export const harbour = 1;\n");
    await vi.waitUntil(() => said.split('"indexed"').length === 3, { timeout: 30_000 });
    second.kill("SIGTERM");
    const { code, stdout } = await secondResult;
    expect(code).toBe(0);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.filter(({ event }) => event === "indexed")).toMatchObject([
      { filesInIndex: 300 },
      { filesIndexed: 1, filesInIndex: 301 },
    ]);
  },
);
