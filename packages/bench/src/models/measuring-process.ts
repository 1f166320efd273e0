import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";

import type { Answer, Question, TaskName, Tasks } from "./tasks.ts";

/**
 * Loads {@link file://./serve-tasks.ts}, or what it was compiled to.
 */
const ENTRY: URL = new URL(import.meta.url.endsWith(".ts") ? "./serve-tasks.ts" : "./serve-tasks.js", import.meta.url);

/** A process of its own for a measurement: what it takes in time and memory is the measurement's alone. */
export class MeasuringProcess {
  readonly #child: ChildProcess;

  /** @param flags of Node. */
  constructor(flags: readonly string[] = []) {
    this.#child = fork(ENTRY, {
      execArgv: [...process.execArgv, ...flags],
      // Numbers arrive as they are sent: NaN, which JSON does not have, included.
      serialization: "advanced",
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
  }

  /** Has a task done there; rejects when it fails or the process ends. */
  async ask<Name extends TaskName>(
    task: Name,
    input: Parameters<Tasks[Name]>[0],
  ): Promise<Awaited<ReturnType<Tasks[Name]>>> {
    const ended = new AbortController();
    const onExit = (code: number | null, signal: string | null): void =>
      ended.abort(new Error(`the process for "${task}" ended (${signal ?? code})`));
    this.#child.once("exit", onExit);
    try {
      const answered = once(this.#child, "message", { signal: ended.signal });
      this.#child.send({ task, input } satisfies Question);
      const [answer] = (await answered) as [Answer];
      if ("error" in answer) throw new Error(`${task}: ${answer.error}`);
      return answer.result as Awaited<ReturnType<Tasks[Name]>>;
    } catch (error) {
      throw ended.signal.aborted ? ended.signal.reason : error;
    } finally {
      this.#child.off("exit", onExit);
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.disconnect();
    await exited;
  }
}

/** Asks one question of a new process. */
export async function measureAlone<Name extends TaskName>(
  task: Name,
  input: Parameters<Tasks[Name]>[0],
  flags?: readonly string[],
): Promise<Awaited<ReturnType<Tasks[Name]>>> {
  const child = new MeasuringProcess(flags);
  try {
    return await child.ask(task, input);
  } finally {
    await child.end();
  }
}
