import { utimes } from "node:fs/promises";

import { onTestFinished, vi } from "vitest";

import type { IndexSummary } from "../model/index-summary.ts";
import type { WatchEvent } from "./watch-event.ts";
import { type WatchedIndex, type WatchTiming, watchWorkspace } from "./watch-workspace.ts";

/** As the real one, but as short as events allow, and with nothing that happens by itself. */
export const testTiming: WatchTiming = {
  quietMs: 60,
  maxWaitMs: 1_000,
  maxGitWaitMs: 20_000,
  reconcileMs: 3_600_000,
  pollMs: 20,
  goneMs: 10,
  lockMs: { first: 5, last: 20 },
  lockSaidMs: 0,
  idleMs: 3_600_000,
  maxUnmaintainedRuns: 1_000,
};

/** What a run that finds nothing to do says, as far as watching asks. */
export const nothingDone = {
  status: "completed",
  filesIndexed: 0,
  filesRemoved: 0,
  filesFailed: 0,
  batchesProcessed: 0,
} as IndexSummary;

export interface StartedWatch {
  readonly events: readonly WatchEvent[];
  /** Runs that have begun. */
  readonly runs: () => number;
  /** Messages of notices with this code. */
  readonly notices: (code: string) => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Watches a workspace with a run that does only what the test says, until the test ends. */
export async function startWatch(
  workspace: string,
  {
    run = async () => nothingDone,
    maintain = async () => {},
    timing = {},
    indexPath = `${workspace}/.resona`,
  }: {
    /** Is told the number of the run, 1 for the first. */
    readonly run?: (options: Parameters<WatchedIndex["index"]>[0], number: number) => Promise<IndexSummary>;
    readonly maintain?: WatchedIndex["maintain"];
    readonly timing?: Partial<WatchTiming>;
    readonly indexPath?: string;
  } = {},
): Promise<StartedWatch> {
  const events: WatchEvent[] = [];
  let runs = 0;
  const controller = new AbortController();
  const index: WatchedIndex["index"] = (options) => run(options, ++runs);
  const options = { signal: controller.signal, onEvent: (event: WatchEvent) => void events.push(event) };
  const ended = watchWorkspace({ workspace, indexPath, index, maintain }, options, { ...testTiming, ...timing });
  const stop = async () => {
    controller.abort();
    await ended;
  };
  onTestFinished(() => stop().catch(() => undefined));
  await Promise.race([ended, until(() => events.some(({ type }) => type === "watching"))]);
  return {
    events,
    runs: () => runs,
    notices: (code) => events.flatMap((event) => (event.type === "notice" && event.code === code ? event.message : [])),
    stop,
  };
}

/** How long to wait for what will happen, and how often to look; milliseconds. */
export const patience = { interval: 2, timeout: 20_000 };

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  await vi.waitUntil(isSo, patience);
}

/** Waits long enough for whatever has happened so far to be answered. */
export async function allAnswered(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 3 * testTiming.quietMs));
}

/** Changes a file in the least way that is told, as one event. */
export async function touch(path: string): Promise<void> {
  await utimes(path, new Date(), new Date());
}
