import { setTimeout as sleep } from "node:timers/promises";

import type { DatabaseDiagnostics, Finding } from "@resona/core";
import { expect, it, onTestFinished, vi } from "vitest";

import type { RunReport } from "../engine-client/engine-client.ts";
import type { EngineState } from "../engine-client/engine-state.ts";
import { Emitter } from "../events/emitter.ts";
import { EngineError } from "../protocol/engine-error.ts";
import type { Activity, MemorySample, RunKind } from "../protocol/protocol.ts";
import { clientOf, pidOf, reached } from "../testing/engine.ts";
import { manyFiles, workspaceOf } from "../testing/workspace.ts";
import { folderCondition } from "./folder-condition.ts";
import { diagnosed, finding, stats } from "./folder-health.test-helper.ts";
import { FolderMonitor, type MonitorTiming, type MonitoredFolder } from "./folder-monitor.ts";
import type { HealthHistory } from "./health-history.ts";

interface Watched {
  readonly monitor: FolderMonitor;
  readonly saved: HealthHistory[];
  /** All conditions that it has been in, in order. */
  readonly conditions: string[];
}

function watch(
  engine: MonitoredFolder["engine"],
  hasIndex: boolean | (() => Promise<boolean>) = false,
  timing: Partial<MonitorTiming> = {},
): Watched {
  const saved: HealthHistory[] = [];
  const history = { load: () => [], save: (samples: HealthHistory) => saved.push(samples) };
  const look = typeof hasIndex === "function" ? hasIndex : async () => hasIndex;
  const folder = { id: "file:///shop", name: "shop", engine, history, hasIndex: look };
  const monitor = new FolderMonitor(folder, { afterRun: 0, whileWritten: 100, whileTouched: 10, ...timing });
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
  await reachedCondition(having, "unmeasured");
  expect([without.health.hasIndex, having.health.hasIndex]).toEqual([false, true]);
  expect(client.state.kind).toBe("stopped");
});

it("follows a folder from having no index to maintenance, and through a crash", async () => {
  const { client } = clientOf(await workspaceOf(manyFiles(12)), {}, { firstDelayMs: 200 });
  const { monitor, saved, conditions } = watch(client);
  await expect(monitor.maintain()).rejects.toMatchObject({ code: "NO_INDEX" });
  expect(monitor.maintenance).toMatchObject({ kind: "failed", error: { code: "NO_INDEX" } });
  await reachedCondition(monitor, "no-index");

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
  const subscription = monitor.onDidChange(() => {
    if (monitor.examination?.kind === "running") tables.add(monitor.examination.progress?.table);
  });
  await monitor.examine();
  subscription.dispose();
  expect(tables).toEqual(new Set([undefined, "files", "chunks"]));
  const chunks = monitor.health.stats?.chunks;
  expect(monitor.examination).toMatchObject({ kind: "done", isSound: true, chunks });

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
  monitor.cancelMaintenance();
  expect(await maintaining).toBeUndefined();
  expect(monitor.maintenance).toBeUndefined();
  await indexing;
});

it("says why an engine does not run", async () => {
  const { client } = clientOf(await workspaceOf({}), () => {
    throw new Error("no settings");
  });
  const { monitor } = watch(client, true);
  await reachedCondition(monitor, "unmeasured");
  await monitor.measure();
  expect(monitor.health.phase).toMatchObject({ kind: "down", error: { code: "ENGINE_NOT_STARTED" } });
});

interface Played {
  readonly engine: MonitoredFolder["engine"];
  /** How often the index was measured. */
  readonly measured: () => number;
  readonly begin: (kind: RunKind) => void;
  readonly end: () => void;
  readonly report: (event: RunReport["event"]) => void;
  /** What is found from now on. */
  found: DatabaseDiagnostics;
  foundInAll: DatabaseDiagnostics;
  lastIndexedAt: string;
}

/** An engine that has an index and does as it is told. */
function played(): Played {
  const [states, activities, reports] = [new Emitter<EngineState>(), new Emitter<Activity>(), new Emitter<RunReport>()];
  let measured = 0;
  let activity: Activity = { waiting: [] };
  const enter = (next: Activity) => activities.fire((activity = next));
  const one: Played = {
    measured: () => measured,
    begin: (running) => enter({ running, waiting: [] }),
    end: () => enter({ waiting: [] }),
    report: (event) => reports.fire({ kind: "index", event } as RunReport),
    found: diagnosed(),
    foundInAll: diagnosed(),
    lastIndexedAt: new Date(0).toISOString(),
    engine: {
      state: { kind: "ready", pid: 1, indexPath: "/shop/.resona" },
      get activity() {
        return activity;
      },
      onDidChangeState: states.event,
      onDidChangeActivity: activities.event,
      onDidReport: reports.event,
      onDidSampleMemory: new Emitter<MemorySample>().event,
      stats: async () => ({ ...stats, lastIndexedAt: one.lastIndexedAt }),
      getDiagnostics: async ({ deep, signal } = {}) => {
        if (deep !== true) measured++;
        // Long enough to be waited for.
        await sleep(20, undefined, { signal });
        return deep === true ? one.foundInAll : one.found;
      },
      maintain: async ({ signal } = {}) => sleep(10_000, undefined as never, { signal }),
    },
  };
  return one;
}

it("measures once more, and only once, for all who ask during a measurement", async () => {
  const one = played();
  const { monitor } = watch(one.engine);
  const asked = [monitor.measure(), monitor.measure()];
  one.found = diagnosed(finding("FRAGMENTED", "warning", "maintain"));
  await Promise.all([...asked, monitor.measure()]);
  expect(one.measured()).toBe(2);
  expect(folderCondition(monitor.health)).toBe("needs-maintenance");
});

it("keeps what only reading every record finds until the index is built anew, healed or read again", async () => {
  const one = played();
  const { monitor } = watch(one.engine);
  const wrong = finding("DATA_INCONSISTENT", "error", "rebuild");
  const fragmented = finding("FRAGMENTED", "warning", "maintain");
  const codes = () => monitor.health.diagnostics?.findings.map(({ code }) => code);
  const examine = async (...findings: Finding[]) => {
    one.foundInAll = diagnosed(...findings);
    await monitor.examine();
    await monitor.measure();
  };
  await examine(wrong, fragmented);
  // What an ordinary measurement finds is as it is now.
  expect(codes()).toEqual(["DATA_INCONSISTENT"]);
  expect(folderCondition(monitor.health)).toBe("broken");
  expect(monitor.examination).toMatchObject({ kind: "done", isSound: false });

  one.begin("index");
  one.end();
  await monitor.measure();
  expect(codes()).toEqual(["DATA_INCONSISTENT"]);

  one.begin("index");
  one.report({ type: "notice", code: "REBUILT", message: "" });
  one.end();
  expect(codes()).toEqual([]);
  expect(monitor.examination).toBeUndefined();

  await examine(wrong);
  one.begin("heal");
  one.end();
  expect(codes()).toEqual([]);

  await examine(wrong);
  await examine(fragmented);
  expect(codes()).toEqual([]);
  expect(monitor.examination).toMatchObject({ kind: "done", isSound: true, chunks: 10_000 });

  await examine(wrong);
  one.found = { ...diagnosed(), version: 1 };
  await monitor.measure();
  expect(codes()).toEqual([]);
});

it("reads every record once at a time, and ends that and maintenance each on its own", async () => {
  const one = played();
  const { monitor } = watch(one.engine);
  await monitor.measure();
  const maintaining = monitor.maintain();
  await vi.waitFor(() => expect(monitor.maintenance).toMatchObject({ kind: "running" }));
  const examining = [monitor.examine(), monitor.examine()];
  expect(monitor.examination).toEqual({ kind: "running" });
  monitor.cancelExamination();
  await Promise.all(examining);
  expect(monitor.examination).toBeUndefined();
  expect(monitor.maintenance).toMatchObject({ kind: "running" });

  const again = monitor.examine();
  monitor.cancelMaintenance();
  expect(await maintaining).toBeUndefined();
  expect(monitor.maintenance).toBeUndefined();
  await again;
  expect(monitor.examination).toMatchObject({ kind: "done", isSound: true });
});

it("is stale from a change that nothing takes in until a run has come to its end", async () => {
  const one = played();
  const { monitor, conditions } = watch(one.engine);
  await monitor.measure();
  expect(folderCondition(monitor.health)).toBe("ready");
  monitor.missChanges();
  expect(folderCondition(monitor.health)).toBe("stale");

  // One that is interrupted does not count.
  one.begin("index");
  one.end();
  await reachedCondition(monitor, "stale");

  one.begin("index");
  one.lastIndexedAt = new Date(Date.now() + 1).toISOString();
  one.end();
  await reachedCondition(monitor, "ready");
  expect(conditions.slice(-3)).toEqual(["stale", "indexing", "ready"]);

  one.begin("index");
  monitor.missChanges();
  one.lastIndexedAt = new Date().toISOString();
  one.end();
  await monitor.measure();
  // The run may have been past that file.
  await reachedCondition(monitor, "stale");
});

it("measures an index that others write, and not because of its own runs", async () => {
  const one = played();
  const { monitor } = watch(one.engine, false, { afterRun: 200 });
  await monitor.measure();
  one.found = diagnosed(finding("LOCK_HELD", "info", "none"));
  monitor.touched();
  monitor.touched();
  await reachedCondition(monitor, "written-elsewhere");
  one.found = diagnosed();
  await reachedCondition(monitor, "ready");

  const before = one.measured();
  one.begin("index");
  monitor.touched();
  one.end();
  monitor.touched();
  expect(one.measured()).toBe(before);
  await vi.waitFor(() => expect(one.measured()).toBe(before + 1));
});

it("starts an engine to tell of an index that others have made, and none while there is no index", async () => {
  const workspace = await workspaceOf({ "a.md": "# A" });
  const { client } = clientOf(workspace);
  let isThere = false;
  const { monitor } = watch(client, async () => isThere);
  await reachedCondition(monitor, "no-index");
  expect(monitor.health.hasIndex).toBe(false);
  monitor.touched();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(client.state.kind).toBe("stopped");

  const { client: other } = clientOf(workspace);
  await other.index();
  await other.dispose();
  isThere = true;
  monitor.touched();
  await reachedCondition(monitor, "ready");
  expect(monitor.health).toMatchObject({ hasIndex: true, stats: { files: 1 } });
});
