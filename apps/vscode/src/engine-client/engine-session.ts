import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";

import type { EngineOptions } from "@resona/core";
import {
  type CancellationToken,
  CancellationTokenSource,
  ErrorCodes,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
  ProgressType,
  ResponseError,
  createMessageConnection,
} from "vscode-jsonrpc/node";

import { EngineError, type EngineErrorData, engineError } from "../protocol/engine-error.ts";
import {
  type Activity,
  CANCELLED,
  type Calls,
  type InitializeResult,
  type LogEntry,
  type MemorySample,
  type Notices,
  methodOf,
} from "../protocol/protocol.ts";
import { LastLines } from "./last-lines.ts";
import { type ProcessEnd, explainEnd } from "./process-end.ts";

/** What an engine's process is started with. */
export interface EngineLaunch {
  /** Module of the process. */
  readonly entry: string;
  /** Absolute. */
  readonly workspace: string;
  readonly options: EngineOptions;
  /** Most memory for JavaScript objects, in megabytes. */
  readonly memoryLimitMb: number;
  /** Variables in addition to this process's; one that is undefined is left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Flags of Node in addition to those that bound the memory. */
  readonly execArgv?: readonly string[];
}

/** How long a process may take, in milliseconds. */
export interface SessionTiming {
  /** To answer for the first time. */
  readonly startMs: number;
  /** To end when it is asked to, … */
  readonly shutdownMs: number;
  /** … when it is told to, before it is killed. */
  readonly terminateMs: number;
}

/** A call's way out and its reports. */
export interface CallOptions<E> {
  readonly signal?: AbortSignal | undefined;
  readonly onReport?: ((report: E) => void) | undefined;
}

/** Told what the process says of itself. */
export interface SessionListener {
  readonly onLog: (entry: LogEntry) => void;
  readonly onActivity: (activity: Activity) => void;
  readonly onMemory: (sample: MemorySample) => void;
}

/**
 * glibc gives every thread a heap of its own, up to eight for each core, and after the first large buffers keeps what is
 * freed. That suits a program that streams badly: what it allocates is dead almost at once.
 */
const glibcSettings = { MALLOC_ARENA_MAX: "2", MALLOC_TRIM_THRESHOLD_: "131072" };

/** A process may have ended while somebody else still holds its output open. */
const MS_FOR_LAST_WORDS = 500;

/** One life of an engine's process, from its start to its end. */
export class EngineSession {
  readonly #launch: EngineLaunch;
  readonly #timing: SessionTiming;
  readonly #child: ChildProcess;
  readonly #connection: MessageConnection;
  #callsMade = 0;
  #isEnding = false;
  /** Killed because it has not answered for so long, in milliseconds. */
  #silentMs: number | undefined;
  #hasEnded = false;
  /** Resolves when the process has ended, however it did. */
  readonly ended: Promise<ProcessEnd>;

  constructor(launch: EngineLaunch, timing: SessionTiming, listener: SessionListener) {
    this.#launch = launch;
    this.#timing = timing;
    // Those are for the programs of whoever has set them.
    const { NODE_OPTIONS: _, ...inherited } = process.env;
    this.#child = fork(launch.entry, [], {
      execPath: process.execPath,
      // As the command line sets them, which has the reasons (`bound-memory.ts`).
      execArgv: [
        `--max-old-space-size=${launch.memoryLimitMb}`,
        "--max-semi-space-size=8",
        "--heap-growing-percent=20",
        ...(launch.execArgv ?? []),
      ],
      // In an editor, this program is Electron.
      env: { ...glibcSettings, ...inherited, ...launch.environment, ELECTRON_RUN_AS_NODE: "1" },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#connection = createMessageConnection(new IPCMessageReader(this.#child), new IPCMessageWriter(this.#child));
    this.#onNotice("log", listener.onLog);
    this.#onNotice("activity", listener.onActivity);
    this.#onNotice("memory", listener.onMemory);
    this.#connection.listen();
    this.ended = this.#untilEnded(listener);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Opens the engine: the first call of all. Throws as `call` does. */
  async initialize(): Promise<InitializeResult> {
    const { workspace, options } = this.#launch;
    const { startMs } = this.#timing;
    const deadline = setTimeout(() => {
      this.#silentMs = startMs;
      this.#child.kill("SIGKILL");
    }, startMs);
    try {
      return await this.call("initialize", { workspace, options });
    } finally {
      clearTimeout(deadline);
    }
  }

  /**
   * @throws EngineError of the engine, or of its process if that ends meanwhile; the signal's reason if it was aborted
   * and the call had nothing to show for it.
   */
  async call<N extends keyof Calls>(
    name: N,
    params: Calls[N]["params"],
    { signal, onReport }: CallOptions<Calls[N]["event"]> = {},
  ): Promise<Calls[N]["result"]> {
    signal?.throwIfAborted();
    const cancellation = new CancellationTokenSource();
    const cancel = () => cancellation.cancel();
    signal?.addEventListener("abort", cancel, { once: true });
    const token = this.#callsMade++;
    const reports = onReport && this.#connection.onProgress(new ProgressType<Calls[N]["event"]>(), token, onReport);
    try {
      return await this.#send(name, onReport ? { ...params, progress: token } : params, cancellation.token);
    } catch (error) {
      if (error instanceof ResponseError && error.code === CANCELLED && signal) throw signal.reason;
      throw await this.#explain(error);
    } finally {
      signal?.removeEventListener("abort", cancel);
      reports?.dispose();
      cancellation.dispose();
    }
  }

  /** Ends the process: in peace if it can, by force if it must. */
  async end(): Promise<void> {
    this.#isEnding = true;
    const { shutdownMs, terminateMs } = this.#timing;
    void this.#shutDown();
    const terminate = setTimeout(() => this.#child.kill("SIGTERM"), shutdownMs);
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), shutdownMs + terminateMs);
    await this.ended;
    clearTimeout(terminate);
    clearTimeout(kill);
  }

  async #shutDown(): Promise<void> {
    try {
      await this.#connection.sendRequest(methodOf("shutdown"));
      await this.#connection.sendNotification(methodOf("exit"));
    } catch {
      // It has ended already, or cannot answer and is killed in a moment.
    }
  }

  /** What the library throws at once is a rejection as well. */
  async #send<N extends keyof Calls>(
    name: N,
    params: Calls[N]["params"],
    token: CancellationToken,
  ): Promise<Calls[N]["result"]> {
    return await this.#connection.sendRequest<Calls[N]["result"]>(methodOf(name), params, token);
  }

  #onNotice<N extends keyof Notices>(name: N, handler: (notice: Notices[N]) => void): void {
    this.#connection.onNotification(methodOf(name), handler);
  }

  async #explain(error: unknown): Promise<EngineError> {
    if (error instanceof ResponseError && !processIsGone.has(error.code)) {
      const data = error.data as EngineErrorData | undefined;
      return data ? new EngineError(data) : engineError("ENGINE_FAILED", { detail: error.message }, error);
    }
    const end = await this.ended;
    return this.#isEnding ? engineError("ENGINE_STOPPED", {}) : explainEnd(end, this.#launch.memoryLimitMb);
  }

  async #untilEnded({ onLog }: SessionListener): Promise<ProcessEnd> {
    const child = this.#child;
    const { promise, resolve } = Promise.withResolvers<Omit<ProcessEnd, "lastLines" | "silentMs">>();
    child.on("error", (startError) => {
      if (child.pid === undefined) resolve({ startError, exitCode: null, signal: null });
    });
    child.once("exit", (exitCode, signal) => resolve({ exitCode, signal }));
    // Without the channel it is of no use, and ends by itself if it still can.
    child.once("disconnect", () => {
      const kill = setTimeout(() => child.kill("SIGKILL"), this.#timing.shutdownMs + this.#timing.terminateMs);
      child.once("exit", () => clearTimeout(kill));
      if (child.exitCode !== null || child.signalCode !== null) clearTimeout(kill);
    });
    const { stdout, stderr } = child;
    if (stdout) createInterface({ input: stdout }).on("line", (message) => onLog({ level: "debug", message }));
    const errors = stderr && new LastLines(stderr, (message) => onLog({ level: "warn", message }));
    const end = await promise;
    await errors?.read(MS_FOR_LAST_WORDS);
    this.#hasEnded = true;
    // Calls that wait for an answer are told.
    this.#connection.dispose();
    const silence = this.#silentMs === undefined ? {} : { silentMs: this.#silentMs };
    return { ...end, ...silence, lastLines: errors?.lines ?? [] };
  }
}

const processIsGone: ReadonlySet<number> = new Set([
  ErrorCodes.PendingResponseRejected,
  ErrorCodes.MessageWriteError,
  ErrorCodes.ConnectionInactive,
]);
