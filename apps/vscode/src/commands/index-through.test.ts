import type { IndexSummary } from "@resona/core";
import { expect, it } from "vitest";

import type { EngineClient } from "../engine-client/engine-client.ts";
import { type EngineError, engineError } from "../protocol/engine-error.ts";
import { clientOf, pidOf } from "../testing/engine.ts";
import { manyFiles, workspaceOf } from "../testing/workspace.ts";
import { indexThrough } from "./index-through.ts";

/** One that is not cancelled, of a folder that stays open. */
const run = { signal: new AbortController().signal, onEvent: () => undefined, isOpen: () => true };

const coded = (code: EngineError["code"]) => Object.assign(engineError("ENGINE_STOPPED", {}), { code });
const ended = (status: IndexSummary["status"]) => ({ status }) as IndexSummary;

/** An engine whose runs end one after the other in these ways, and then in the last of them; counts them. */
function engineOf(...ends: readonly (IndexSummary | Error)[]) {
  const calls: unknown[] = [];
  const engine: Pick<EngineClient, "index"> = {
    index: async ({ ifOutdated } = {}) => {
      const end = ends[Math.min(calls.length, ends.length - 1)];
      calls.push(ifOutdated);
      if (end === undefined || end instanceof Error) throw end;
      return end;
    },
  };
  return { engine, calls };
}

it("goes on when the engine is killed in the middle, and completes", async () => {
  const { client } = clientOf(await workspaceOf(manyFiles(150)), {}, { firstDelayMs: 50 });
  const killed = new Set<number>();
  const summary = await indexThrough(client, {
    ...run,
    onEvent: (event) => {
      if (killed.size > 0 || event.type !== "progress" || event.filesDone < 5) return;
      killed.add(pidOf(client));
      process.kill(pidOf(client), "SIGKILL");
    },
  });
  expect(killed.size).toBe(1);
  expect(summary).toMatchObject({ status: "completed", filesInIndex: 150 });
});

it("goes on when the engine is started anew in the middle, as with other settings", async () => {
  const { client } = clientOf(await workspaceOf(manyFiles(150)));
  let restarted: Promise<void> | undefined;
  const summary = await indexThrough(client, {
    ...run,
    onEvent: (event) => {
      if (event.type === "progress" && event.filesDone >= 5) restarted ??= client.restart();
    },
  });
  await restarted;
  expect(restarted).toBeDefined();
  expect(summary).toMatchObject({ status: "completed", filesInIndex: 150 });
});

it("gives up after five crashes, however far they are apart", async () => {
  const { engine, calls } = engineOf(coded("ENGINE_CRASHED"));
  await expect(indexThrough(engine, run)).rejects.toMatchObject({ code: "ENGINE_CRASHED" });
  expect(calls).toHaveLength(5);
});

it("ends with any other failure, and leaves an index that needs a rebuild to the user", async () => {
  const { engine, calls } = engineOf(coded("INDEX_OUTDATED"));
  await expect(indexThrough(engine, run)).rejects.toMatchObject({ code: "INDEX_OUTDATED" });
  expect(calls).toEqual(["refuse"]);
});

it("ends when it is cancelled", async () => {
  const { engine, calls } = engineOf(ended("interrupted"));
  await expect(indexThrough(engine, { ...run, signal: AbortSignal.abort() })).resolves.toEqual(ended("interrupted"));
  expect(calls).toHaveLength(1);
});

it("ends with a folder that is closed", async () => {
  const closed = { ...run, isOpen: () => false };
  const [interrupted, stopped] = [engineOf(ended("interrupted")), engineOf(coded("ENGINE_STOPPED"))];
  await expect(indexThrough(interrupted.engine, closed)).resolves.toEqual(ended("interrupted"));
  await expect(indexThrough(stopped.engine, closed)).rejects.toMatchObject({ code: "ENGINE_STOPPED" });
  expect([interrupted.calls, stopped.calls]).toEqual([["refuse"], ["refuse"]]);
});

it("goes on after a stop that came before the run had begun", async () => {
  const { engine, calls } = engineOf(coded("ENGINE_STOPPED"), ended("interrupted"), ended("completed"));
  await expect(indexThrough(engine, run)).resolves.toEqual(ended("completed"));
  expect(calls).toHaveLength(3);
});
