import { access, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { IndexSummary, MaintenanceResult } from "@resona/core";
import { expect, it, onTestFinished, vi } from "vitest";

import type { EngineClient } from "../engine-client/engine-client.ts";
import { type EngineError, engineError } from "../protocol/engine-error.ts";
import { clientOf, pidOf } from "../testing/engine.ts";
import { manyFiles, workspaceOf } from "../testing/workspace.ts";
import { IndexKeeper, type KeptFolder } from "./index-keeper.ts";
import type { ScheduleTiming } from "./refresh-schedule.ts";

const quick: Partial<ScheduleTiming> = {
  quietMs: 10,
  idleMs: 20,
  blockedMs: { first: 10, last: 50 },
  crashedMs: { first: 10, last: 50 },
  fruitlessMs: { first: 10, last: 10 },
};

interface Kept {
  readonly keeper: IndexKeeper;
  readonly summaries: IndexSummary[];
  readonly failures: EngineError[];
}

/** Enabled, and disposed of with the test. */
function keep(folder: Pick<KeptFolder, "engine"> & Partial<KeptFolder>, timing = quick): Kept {
  const [summaries, failures]: [IndexSummary[], EngineError[]] = [[], []];
  const keeper = new IndexKeeper(
    {
      hasIndex: async () => true,
      gitIsBusy: async () => false,
      onIndexed: (summary) => summaries.push(summary),
      onFailed: (error) => failures.push(error),
      ...folder,
    },
    timing,
  );
  onTestFinished(() => keeper.dispose());
  keeper.setEnabled(true);
  return { keeper, summaries, failures };
}

const summary = (filesIndexed: number) => ({ status: "completed", filesIndexed, filesRemoved: 0 }) as IndexSummary;
const maintained = { interrupted: false } as MaintenanceResult;

/** An engine whose runs end as they are told to; counts them. */
function engineOf(index: (run: number, signal: AbortSignal | undefined) => Promise<IndexSummary>) {
  const calls = { index: 0, maintain: 0, atOnce: 0, mostAtOnce: 0, ifOutdated: new Set<unknown>() };
  const maintaining: unknown[] = [];
  const engine: KeptFolder["engine"] = {
    index: async ({ signal, ifOutdated, maintain } = {}) => {
      calls.ifOutdated.add(ifOutdated);
      maintaining.push(maintain);
      calls.mostAtOnce = Math.max(calls.mostAtOnce, ++calls.atOnce);
      try {
        return await index(++calls.index, signal);
      } finally {
        calls.atOnce--;
      }
    },
    maintain: async () => {
      calls.maintain++;
      return maintained;
    },
  };
  return { engine, calls, maintaining };
}

const atIndex = (workspace: string) => join(workspace, ".resona/index.json");

it("brings what has changed into the index of a folder, once it has one", async () => {
  const workspace = await workspaceOf({ "a.md": "# Apples" });
  const { client } = clientOf(workspace);
  const hasIndex = async () =>
    access(atIndex(workspace))
      .then(() => true)
      .catch(() => false);
  const { keeper, summaries } = keep({ engine: client, hasIndex });
  keeper.changed();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(client.state.kind).toBe("stopped");
  expect(await hasIndex()).toBe(false);

  await client.index();
  await writeFile(join(workspace, "b.md"), "# Pears");
  keeper.changed();
  await vi.waitFor(() => expect(summaries.at(-1)?.filesInIndex).toBe(2), { timeout: 30_000 });
  const { hits } = await client.search("pears");
  expect(hits.map(({ path }) => path)).toContain("b.md");
});

it("goes on by itself when the engine is killed in the middle of a run, and nothing is lost", async () => {
  const workspace = await workspaceOf({ "a.md": "# Apples" });
  const { client } = clientOf(workspace, {}, { firstDelayMs: 50 });
  await client.index();
  const files = manyFiles(150);
  for (const [path, text] of Object.entries(files)) await writeFile(join(workspace, path.replace("src/", "")), text);
  let isKilled = false;
  client.onDidReport(({ event }) => {
    if (isKilled || event.type !== "progress" || event.filesDone < 5) return;
    isKilled = true;
    process.kill(pidOf(client), "SIGKILL");
  });
  const { summaries, failures } = keep({ engine: client });
  await vi.waitFor(() => expect(summaries.at(-1)?.filesInIndex).toBe(151), { timeout: 50_000 });
  expect(isKilled).toBe(true);
  expect(failures).toEqual([]);
});

it("makes one run of many changes, one after another, and only one more of those during a run", async () => {
  const run = Promise.withResolvers<IndexSummary>();
  const { engine, calls, maintaining } = engineOf((n) => (n === 2 ? run.promise : Promise.resolve(summary(0))));
  const { keeper, summaries } = keep({ engine });
  await vi.waitFor(() => expect(summaries).toHaveLength(1));
  for (let i = 0; i < 1_000; i++) keeper.changed();
  await vi.waitFor(() => expect(calls.index).toBe(2));
  for (let i = 0; i < 1_000; i++) keeper.changed();
  run.resolve(summary(1));
  await vi.waitFor(() => expect(summaries).toHaveLength(3));
  await vi.waitFor(() => expect(calls.maintain).toBe(1));
  expect(calls).toMatchObject({ index: 3, mostAtOnce: 1 });
  expect([...calls.ifOutdated]).toEqual(["refuse"]);
  // Only the first does what was due before.
  expect(maintaining).toEqual([true, false, false]);
});

it.each(["INDEX_LOCKED", "LOCK_LOST", "ENGINE_CRASHED"])("tries again after %s, without a word", async (code) => {
  const { engine } = engineOf(async (n) => {
    if (n < 3) throw Object.assign(engineError("ENGINE_STOPPED", {}), { code });
    return summary(1);
  });
  const { summaries, failures } = keep({ engine });
  await vi.waitFor(() => expect(summaries).toHaveLength(1));
  expect(failures).toEqual([]);
});

it("tells of an engine that survives no run, and goes on trying", async () => {
  const { engine } = engineOf(async (n) => {
    if (n < 5) throw engineError("ENGINE_OUT_OF_MEMORY", { limitMb: 512 });
    return summary(1);
  });
  const { summaries, failures } = keep({ engine });
  await vi.waitFor(() => expect(summaries).toHaveLength(1));
  // The third and the fourth.
  expect(failures.map(({ code }) => code)).toEqual(["ENGINE_OUT_OF_MEMORY", "ENGINE_OUT_OF_MEMORY"]);
});

it("does not wait any longer once what it waits for may be over", async () => {
  const { engine, calls } = engineOf(async (n) => {
    if (n === 1) throw engineError("ENGINE_OUT_OF_MEMORY", { limitMb: 64 });
    return summary(1);
  });
  const { keeper, summaries } = keep({ engine }, { ...quick, crashedMs: { first: 1e6, last: 1e6 } });
  await vi.waitFor(() => expect(calls).toMatchObject({ index: 1, atOnce: 0 }));
  keeper.reconcile();
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(calls.index).toBe(1);
  keeper.retry();
  await vi.waitFor(() => expect(summaries).toHaveLength(1));
});

it("tells of a failure, and tries again when something has changed", async () => {
  const { engine, calls } = engineOf(async (n) => {
    if (n === 1) throw Object.assign(engineError("ENGINE_FAILED", { detail: "" }), { code: "DISK_FULL" });
    return summary(0);
  });
  const { keeper, summaries, failures } = keep({ engine });
  await vi.waitFor(() => expect(failures.map(({ code }) => code)).toEqual(["DISK_FULL"]));
  expect(calls.index).toBe(1);
  keeper.saved();
  await vi.waitFor(() => expect(summaries).toHaveLength(1));
});

it("ends what is under way when it is forbidden, and does it when it is allowed again", async () => {
  const { engine, calls } = engineOf(async (n, signal) => {
    if (n > 1) return summary(1);
    return new Promise((_, reject) => {
      signal?.addEventListener("abort", () => reject(signal.reason));
    });
  });
  const { keeper, summaries, failures } = keep({ engine });
  await vi.waitFor(() => expect(calls.index).toBe(1));
  keeper.setEnabled(false);
  keeper.saved();
  await vi.waitFor(() => expect(calls.atOnce).toBe(0));
  expect(calls.index).toBe(1);
  keeper.setEnabled(true);
  await vi.waitFor(() => expect(summaries).toHaveLength(1));
  expect(failures).toEqual([]);
});

it("lets git finish first", async () => {
  const { engine, calls } = engineOf(async () => summary(0));
  let looks = 0;
  const gitIsBusy = async () => ++looks < 5;
  const { keeper } = keep({ engine, gitIsBusy });
  // The first run is wanted in any case.
  await vi.waitFor(() => expect(calls.index).toBe(1));
  keeper.changed();
  await vi.waitFor(() => expect(calls.index).toBe(2));
  expect(looks).toBe(5);
});

it("does nothing any more once it is disposed of", async () => {
  const { engine, calls } = engineOf(async () => summary(0));
  const { keeper, summaries } = keep({ engine } satisfies { engine: Pick<EngineClient, "index" | "maintain"> });
  await vi.waitFor(() => expect(summaries).toHaveLength(1));
  keeper.changed();
  keeper.dispose();
  keeper.saved();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(calls.index).toBe(1);
});
