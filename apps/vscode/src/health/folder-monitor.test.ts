import { expect, it, onTestFinished, vi } from "vitest";

import { EngineError } from "../protocol/engine-error.ts";
import { clientOf, pidOf, reached } from "../testing/engine.ts";
import { manyFiles, workspaceOf } from "../testing/workspace.ts";
import { folderCondition } from "./folder-condition.ts";
import { FolderMonitor, type MonitoredFolder } from "./folder-monitor.ts";
import type { HealthHistory } from "./health-history.ts";

interface Watched {
  readonly monitor: FolderMonitor;
  readonly saved: HealthHistory[];
  /** All conditions that it has been in, in order. */
  readonly conditions: string[];
}

function watch(engine: MonitoredFolder["engine"], hasIndex = false): Watched {
  const saved: HealthHistory[] = [];
  const history = { load: () => [], save: (samples: HealthHistory) => saved.push(samples) };
  const folder = { id: "file:///shop", name: "shop", engine, history, hasIndex: async () => hasIndex };
  const monitor = new FolderMonitor(folder, { afterRun: 0, whileWritten: 100 });
  onTestFinished(() => monitor.dispose());
  const conditions: string[] = [];
  monitor.onDidChange(() => {
    const condition = folderCondition(monitor.health);
    if (conditions.at(-1) !== condition) conditions.push(condition);
  });
  return { monitor, saved, conditions };
}

/** Resolves when the folder is in this condition. */
async function reachedCondition(monitor: FolderMonitor, condition: string): Promise<void> {
  await vi.waitFor(() => expect(folderCondition(monitor.health)).toBe(condition), { timeout: 30_000 });
}

it("starts no engine to say that there is no index, nor that there is one", async () => {
  const { client } = clientOf(await workspaceOf({ "a.md": "# A" }));
  const { monitor: without } = watch(client, false);
  const { monitor: having } = watch(client, true);
  expect(folderCondition(without.health)).toBe("starting");
  await reachedCondition(without, "no-index");
  await reachedCondition(having, "ready");
  expect(client.state.kind).toBe("stopped");
});

it("follows a folder from having no index to maintenance, and through a crash", async () => {
  const { client } = clientOf(await workspaceOf(manyFiles(12)), {}, { firstDelayMs: 200 });
  const { monitor, saved, conditions } = watch(client);
  await expect(monitor.maintain()).rejects.toMatchObject({ code: "NO_INDEX" });
  expect(monitor.maintenance).toMatchObject({ kind: "failed", error: { code: "NO_INDEX" } });
  expect(folderCondition(monitor.health)).toBe("no-index");

  monitor.setFailure(
    new EngineError({ code: "DISK_FULL", message: "The disk is full.", nextStep: "Free some space." }),
  );
  expect(monitor.health.phase).toMatchObject({ kind: "failed", error: { code: "DISK_FULL" } });
  await client.index();
  await vi.waitFor(() => expect(monitor.health.stats?.files).toBe(12), { timeout: 30_000 });
  expect(folderCondition(monitor.health)).toBe("ready");
  expect(conditions.slice(-2)).toEqual(["indexing", "ready"]);
  expect(monitor.health.diagnostics?.totalRows).toBe(monitor.health.stats?.chunks);
  expect(Math.max(...(monitor.memory?.points ?? []))).toBeGreaterThan(20_000_000);

  const tables = new Set<string | undefined>();
  const subscription = monitor.onDidChange(() => tables.add(monitor.examination?.table));
  await monitor.examine();
  subscription.dispose();
  expect(tables).toEqual(new Set(["files", "chunks", undefined]));

  const result = await monitor.maintain();
  expect(monitor.maintenance).toMatchObject({ kind: "done", result, before: { unindexedRows: 0 } });
  await vi.waitFor(() => expect(saved.at(-1)?.at(-1)?.maintained).toBe(true), { timeout: 30_000 });
  expect(monitor.history).toEqual(saved.at(-1));

  process.kill(pidOf(client), "SIGKILL");
  await reached(client, "restarting");
  expect(monitor.health.phase).toEqual({ kind: "restarting", reason: expect.stringContaining("SIGKILL") });
  await reachedCondition(monitor, "ready");
});

it("has nothing to show of maintenance that was cancelled before its turn", async () => {
  const { client } = clientOf(await workspaceOf(manyFiles(40)));
  const { monitor } = watch(client);
  await client.index();
  const indexing = client.index({ rebuild: true });
  await reachedCondition(monitor, "indexing");
  const maintaining = monitor.maintain();
  await vi.waitFor(() => expect(client.activity.waiting).toEqual(["maintain"]));
  expect(monitor.maintenance).toMatchObject({ kind: "running" });
  monitor.cancel();
  expect(await maintaining).toBeUndefined();
  expect(monitor.maintenance).toBeUndefined();
  await indexing;
});

it("says why an engine does not run", async () => {
  const { client } = clientOf(await workspaceOf({}), () => {
    throw new Error("no settings");
  });
  const { monitor } = watch(client, true);
  await reachedCondition(monitor, "ready");
  await monitor.measure();
  expect(monitor.health.phase).toMatchObject({ kind: "down", error: { code: "ENGINE_NOT_STARTED" } });
});
