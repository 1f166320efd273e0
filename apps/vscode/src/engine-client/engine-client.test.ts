import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { clientOf, isAlive, pidOf, reached } from "../testing/engine.ts";
import { manyFiles, temporaryFolder, workspaceOf } from "../testing/workspace.ts";
import type { EngineClient } from "./engine-client.ts";

const small = {
  "src/retry.ts": "export function retryUpload() {\n  return 1;\n}\n",
  "src/parse.ts": "export function parseHeader() {\n  return 2;\n}\n",
};

/** Many chunks of few files, so that a run has several commits. */
const manyChunks = { options: { chunkChars: 200 } };

/** Starts to index, and resolves when the first chunks are in the index. */
async function indexedInPart(client: EngineClient) {
  const { promise: begun, resolve } = Promise.withResolvers<void>();
  const done = client.index({
    onEvent: (event) => {
      if (event.type === "progress" && event.chunksIndexed > 0) resolve();
    },
  });
  done.catch(() => undefined);
  await begun;
  return { done };
}

describe("EngineClient", () => {
  it("starts nothing before it is asked for something", async () => {
    const { client, states } = clientOf(await workspaceOf(small));
    expect(client.state).toEqual({ kind: "stopped" });
    await expect(client.stats()).rejects.toMatchObject({ code: "NO_INDEX" });
    expect(states.map(({ kind }) => kind)).toEqual(["starting", "ready"]);
  });

  it("answers as the engine does", async () => {
    const workspace = await workspaceOf(small);
    const { client } = clientOf(workspace);
    const events: string[] = [];
    const reports: string[] = [];
    client.onDidReport(({ kind }) => reports.push(kind));
    const summary = await client.index({ onEvent: ({ type }) => events.push(type) });
    expect(summary).toMatchObject({ status: "completed", filesIndexed: 2, filesInIndex: 2 });
    expect(events).toContain("progress");
    expect(reports).toHaveLength(events.length);
    const { hits, indexComplete } = await client.search("retry upload", { limit: 1 });
    expect(hits).toMatchObject([{ path: "src/retry.ts", startLine: 1 }]);
    expect(indexComplete).toBe(true);
    expect(await client.stats()).toMatchObject({ workspace, files: 2, indexPath: join(workspace, ".resona") });
    expect(await client.getDiagnostics()).toMatchObject({ findings: [] });
    const steps: string[] = [];
    const maintained = await client.maintain({ retentionDays: 0, onProgress: (step) => steps.push(step) });
    expect(maintained).toMatchObject({ failures: [], interrupted: false });
    expect(steps).toContain("compaction");
    expect(await client.heal()).toEqual({ tables: [] });
    expect(await client.indexCommits()).toMatchObject({ status: "no-history" });
  });

  it("passes the engine's errors on, with what can be done about them", async () => {
    const { client } = clientOf(await workspaceOf(small));
    await expect(client.search("")).rejects.toMatchObject({ code: "NO_INDEX" });
    await client.index();
    await expect(client.search("  ")).rejects.toMatchObject({
      name: "EngineError",
      code: "QUERY_EMPTY",
      message: "The query is empty.",
      nextStep: "Say what you are looking for, in words or as a name.",
    });
  });

  it("finds what is indexed already while the rest is being indexed", async () => {
    const { client } = clientOf(await workspaceOf(manyFiles(240)), manyChunks);
    const { done } = await indexedInPart(client);
    expect(client.activity.running).toBe("index");
    const { hits, indexComplete } = await client.search("upload");
    expect(hits.length).toBeGreaterThan(0);
    expect(indexComplete).toBe(false);
    expect((await done).filesInIndex).toBe(240);
    expect(client.activity).toEqual({ waiting: [] });
  });

  it("writes one after the other, and forgets what is cancelled before its turn", async () => {
    const { client } = clientOf(await workspaceOf(small));
    const leaving = new AbortController();
    client.onDidChangeActivity(({ waiting }) => {
      if (waiting.length === 2) leaving.abort(new Error("Not any more."));
    });
    const first = client.index();
    const second = client.maintain();
    const third = client.index({ rebuild: true, signal: leaving.signal });
    await expect(third).rejects.toThrow("Not any more.");
    expect(await first).toMatchObject({ status: "completed" });
    expect(await second).toMatchObject({ interrupted: false });
  });

  it("interrupts a run that is cancelled, and the next one continues", async () => {
    const { client } = clientOf(await workspaceOf(manyFiles(240)), manyChunks);
    const cancel = new AbortController();
    const summary = await client.index({
      signal: cancel.signal,
      onEvent: (event) => {
        if (event.type === "progress" && event.filesIndexed > 0) cancel.abort();
      },
    });
    expect(summary.status).toBe("interrupted");
    expect(summary.filesInIndex).toBeLessThan(240);
    const next = await client.index();
    expect(next).toMatchObject({ status: "completed", filesInIndex: 240 });
    expect(next.filesIndexed).toBe(240 - summary.filesInIndex);
  });

  it("rejects with the reason of a search's signal", async () => {
    const { client } = clientOf(await workspaceOf(small));
    await client.index();
    const cancel = new AbortController();
    const search = client.search("retry", { signal: cancel.signal });
    cancel.abort(new Error("Typed on."));
    await expect(search).rejects.toThrow("Typed on.");
    await expect(client.search("retry", { signal: cancel.signal })).rejects.toThrow("Typed on.");
  });

  it("recovers from a process that is killed while it indexes, and loses nothing", async () => {
    const files = manyFiles(240);
    const { client, states } = clientOf(await workspaceOf(files), manyChunks, { firstDelayMs: 10 });
    const { done } = await indexedInPart(client);
    const pid = pidOf(client);
    process.kill(pid, "SIGKILL");
    await expect(done).rejects.toMatchObject({ code: "ENGINE_CRASHED", message: expect.stringContaining("SIGKILL") });
    // Asked for while there is no process.
    const summary = await client.index();
    expect(states.map(({ kind }) => kind)).toEqual(["starting", "ready", "restarting", "starting", "ready"]);
    expect(pidOf(client)).not.toBe(pid);
    expect(summary).toMatchObject({ status: "completed", filesInIndex: 240 });

    const { client: undisturbed } = clientOf(await workspaceOf(files), manyChunks);
    expect(summary.collectionCount).toBe((await undisturbed.index()).collectionCount);
    expect((await client.getDiagnostics({ deep: true })).findings).toEqual([]);
  });

  it("runs an engine for each folder", async () => {
    const [a, b] = [
      clientOf(await workspaceOf({ "a.md": "# Apples" })),
      clientOf(await workspaceOf({ "b.md": "# Pears" })),
    ];
    await Promise.all([a.client.index(), b.client.index()]);
    expect(pidOf(a.client)).not.toBe(pidOf(b.client));
    expect((await a.client.search("pears")).hits.map(({ path }) => path)).not.toContain("b.md");
    process.kill(pidOf(a.client), "SIGKILL");
    await reached(a.client, "restarting");
    expect((await b.client.search("pears")).hits).toMatchObject([{ path: "b.md" }]);
  });

  it("takes new settings with a new start", async () => {
    const workspace = await workspaceOf(small);
    let chunkChars = 1;
    const { client } = clientOf(workspace, () => ({ options: { chunkChars } }));
    const refusal = { code: "OPTION_INVALID", message: expect.stringContaining("chunkChars") as string };
    await expect(client.index()).rejects.toMatchObject(refusal);
    expect(client.state).toMatchObject({ kind: "failed", reason: refusal });
    // Nothing has changed: it is not tried again by itself.
    await expect(client.index()).rejects.toMatchObject(refusal);
    chunkChars = 700;
    await client.restart();
    expect(await client.index()).toMatchObject({ status: "completed" });
    const pid = pidOf(client);
    await client.refresh();
    expect(pidOf(client)).toBe(pid);
    chunkChars = 900;
    await client.refresh();
    expect(isAlive(pid)).toBe(false);
    expect(pidOf(client)).not.toBe(pid);
    await expect(client.index({ ifOutdated: "refuse" })).rejects.toMatchObject({ code: "INDEX_OUTDATED" });
    chunkChars = 700;
    // What is asked for at once has the new settings as well.
    const refreshed = client.refresh();
    expect(await client.index({ ifOutdated: "refuse" })).toMatchObject({ status: "completed" });
    await refreshed;
    expect((await client.search("retry")).hits).not.toEqual([]);
  });

  it("says what is wrong with a folder", async () => {
    const { client } = clientOf(join(await temporaryFolder(), "gone"));
    await expect(client.index()).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
  });

  it("ends its process, and what is under way with it", async () => {
    const { client } = clientOf(await workspaceOf(manyFiles(240)), manyChunks);
    const { done } = await indexedInPart(client);
    const pid = pidOf(client);
    await client.dispose();
    expect(isAlive(pid)).toBe(false);
    expect((await done).status).toBe("interrupted");
    expect(client.state).toEqual({ kind: "stopped" });
    await expect(client.stats()).rejects.toMatchObject({ code: "ENGINE_STOPPED" });
  });
});
