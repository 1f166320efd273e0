import { fileURLToPath } from "node:url";

import { onTestFinished } from "vitest";

import { EngineClient, type EngineTiming } from "../engine-client/engine-client.ts";
import type { EngineLaunch } from "../engine-client/engine-session.ts";
import type { EngineState } from "../engine-client/engine-state.ts";
import type { LogEntry } from "../protocol/protocol.ts";

const conditions = ["--conditions=@resona/source"];

/** The engine's process as it is in the sources, or the packed one if a path is given. */
export const engineProcess: Pick<EngineLaunch, "entry" | "execArgv"> = process.env["RESONA_ENGINE_PROCESS"]
  ? { entry: process.env["RESONA_ENGINE_PROCESS"] }
  : { entry: fileURLToPath(new URL("../engine-process/main.ts", import.meta.url)), execArgv: conditions };

export interface WatchedClient {
  readonly client: EngineClient;
  /** All states that it has been in, in order. */
  readonly states: readonly EngineState[];
  readonly log: readonly LogEntry[];
}

/** A client of a workspace's engine, ended with the test. */
export function clientOf(
  workspace: string,
  launch: Partial<EngineLaunch> | (() => Partial<EngineLaunch>) = {},
  timing: Partial<EngineTiming> = {},
): WatchedClient {
  const client = new EngineClient(
    () => ({
      ...engineProcess,
      workspace,
      options: {},
      memoryLimitMb: 512,
      ...(typeof launch === "function" ? launch() : launch),
    }),
    timing,
  );
  onTestFinished(() => client.dispose());
  const states: EngineState[] = [];
  const log: LogEntry[] = [];
  client.onDidChangeState((state) => states.push(state));
  client.onDidLog((entry) => log.push(entry));
  return { client, states, log };
}

/** The process number of an engine that is ready. */
export function pidOf(client: EngineClient): number {
  if (client.state.kind !== "ready") throw new Error(`The engine is ${client.state.kind}.`);
  return client.state.pid;
}

/** Resolves once the client is in a state of this kind. */
export async function reached(client: EngineClient, kind: EngineState["kind"]): Promise<void> {
  if (client.state.kind === kind) return;
  await new Promise<void>((resolve) => {
    const subscription = client.onDidChangeState((state) => {
      if (state.kind !== kind) return;
      subscription.dispose();
      resolve();
    });
  });
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
