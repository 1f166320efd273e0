import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";

import type { EmbedEvent, Engine, IndexEvent } from "@resona/core";

import { Emitter, type Event } from "../events/emitter.ts";
import { EngineError, engineError } from "../protocol/engine-error.ts";
import type { Activity, Calls, LogEntry, MaintenanceProgress, MemorySample } from "../protocol/protocol.ts";
import { CrashHistory, type RestartTiming } from "./crash-history.ts";
import type { CallOptions, EngineLaunch, EngineSession, SessionTiming } from "./engine-session.ts";
import type { EngineState } from "./engine-state.ts";
import { explainEnd } from "./process-end.ts";

export type EngineTiming = SessionTiming & RestartTiming;

// An editor that closes gives its extensions five seconds.
const defaultTiming: EngineTiming = {
  startMs: 60_000,
  shutdownMs: 3_000,
  terminateMs: 1_000,
  firstDelayMs: 500,
  maxCrashes: 5,
  windowMs: 180_000,
};

/** What of an engine can be used from another process. */
type RemoteEngine = Omit<Engine, "workspace" | "indexPath" | "watch" | "close">;

/** An event of a run, whoever has asked for it. */
export type RunReport =
  | { readonly kind: "index"; readonly event: IndexEvent }
  | { readonly kind: "indexCommits"; readonly event: EmbedEvent }
  | { readonly kind: "maintain"; readonly event: MaintenanceProgress };

/**
 * One workspace folder's engine in a process of its own. The process is started by the first call and started again
 * when it crashes; calls wait while it is not there. Every call rejects with an EngineError, or with the reason of its
 * signal.
 */
export class EngineClient implements RemoteEngine {
  readonly #prepare: () => EngineLaunch | Promise<EngineLaunch>;
  readonly #timing: EngineTiming;
  readonly #stateChanged = new Emitter<EngineState>();
  readonly #activityChanged = new Emitter<Activity>();
  readonly #logged = new Emitter<LogEntry>();
  readonly #sampled = new Emitter<MemorySample>();
  readonly #reported = new Emitter<RunReport>();
  #state: EngineState = { kind: "stopped" };
  #activity: Activity = { waiting: [] };
  /** Of the last start. */
  #launch: EngineLaunch | undefined;
  /** Aborted to end the process that is kept running; undefined while none is. */
  #running: AbortController | undefined;
  /** Resolves when nothing is kept running any more. */
  #stopped: Promise<void> = Promise.resolve();
  /** The process, once it is ready. */
  #ready: PromiseWithResolvers<EngineSession> = pending();
  /** Resolves when no refresh is under way. */
  #refreshed: Promise<void> = Promise.resolve();
  #isDisposed = false;

  /** @param prepare says what to start the process with, each time anew. */
  constructor(prepare: () => EngineLaunch | Promise<EngineLaunch>, timing: Partial<EngineTiming> = {}) {
    this.#prepare = prepare;
    this.#timing = { ...defaultTiming, ...timing };
  }

  get state(): EngineState {
    return this.#state;
  }

  get activity(): Activity {
    return this.#activity;
  }

  get onDidChangeState(): Event<EngineState> {
    return this.#stateChanged.event;
  }

  get onDidChangeActivity(): Event<Activity> {
    return this.#activityChanged.event;
  }

  get onDidReport(): Event<RunReport> {
    return this.#reported.event;
  }

  get onDidSampleMemory(): Event<MemorySample> {
    return this.#sampled.event;
  }

  get onDidLog(): Event<LogEntry> {
    return this.#logged.event;
  }

  /** Starts the process if it does not run, and waits until it is ready. */
  async start(): Promise<void> {
    await this.#session();
  }

  /** Starts the process anew, with new settings or after it has failed; what is under way is interrupted. */
  async restart(): Promise<void> {
    await this.#stop();
    if (this.#state.kind === "failed") this.#enter({ kind: "stopped" });
    await this.start();
  }

  /**
   * Starts the process anew if it would be started with something else than it was; does nothing while there is none.
   * Whether that succeeds is told by the state. What is asked for meanwhile is done with the new settings.
   */
  refresh(): Promise<void> {
    const refreshing = this.#refresh();
    this.#refreshed = refreshing.catch(() => undefined);
    return refreshing;
  }

  async #refresh(): Promise<void> {
    if (this.#state.kind === "stopped") return;
    const launch = await this.#prepare();
    if (!isDeepStrictEqual(launch, this.#launch)) await this.restart().catch(() => undefined);
  }

  /** Ends the process in peace: what is under way is interrupted, and what it has committed stays. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#ready.reject(engineError("ENGINE_STOPPED", {}));
    await this.#stop();
  }

  countFiles: RemoteEngine["countFiles"] = ({ signal, ...options }) =>
    this.#call("countFiles", { options }, { signal });

  index: RemoteEngine["index"] = ({ signal, onEvent, ...options } = {}) =>
    this.#call(
      "index",
      { options },
      {
        signal,
        onReport: (event) => {
          this.#reported.fire({ kind: "index", event });
          onEvent?.(event);
        },
      },
    );

  indexCommits: RemoteEngine["indexCommits"] = ({ signal, onEvent } = {}) =>
    this.#call(
      "indexCommits",
      {},
      {
        signal,
        onReport: (event) => {
          this.#reported.fire({ kind: "indexCommits", event });
          onEvent?.(event);
        },
      },
    );

  search: RemoteEngine["search"] = (query, { signal, ...options } = {}) =>
    this.#call("search", { query, options }, { signal });

  searchCommits: RemoteEngine["searchCommits"] = (query, { signal, ...options } = {}) =>
    this.#call("searchCommits", { query, options }, { signal });

  stats: RemoteEngine["stats"] = () => this.#call("stats", {});

  maintain: RemoteEngine["maintain"] = ({ signal, onProgress, ...options } = {}) =>
    this.#call(
      "maintain",
      { options },
      {
        signal,
        onReport: (event) => {
          this.#reported.fire({ kind: "maintain", event });
          onProgress?.(event.step, event.details);
        },
      },
    );

  getDiagnostics: RemoteEngine["getDiagnostics"] = ({ signal, onProgress, ...options } = {}) =>
    this.#call("diagnostics", { options }, { signal, onReport: onProgress });

  heal: RemoteEngine["heal"] = () => this.#call("heal", {});

  async #call<N extends keyof Calls>(
    name: N,
    params: Calls[N]["params"],
    options: CallOptions<Calls[N]["event"]> = {},
  ): Promise<Calls[N]["result"]> {
    const { signal } = options;
    signal?.throwIfAborted();
    await orAborted(this.#refreshed, signal);
    const session = await orAborted(this.#session(), signal);
    return session.call(name, params, options);
  }

  #session(): Promise<EngineSession> {
    if (this.#isDisposed) return Promise.reject(engineError("ENGINE_STOPPED", {}));
    if (this.#state.kind === "failed") return Promise.reject(this.#state.reason);
    if (this.#running === undefined) {
      const running = new AbortController();
      this.#running = running;
      // What ran before may still be ending, and holds the lock of the index until then.
      this.#stopped = this.#stopped.then(() => this.#keepRunning(running.signal));
    }
    return this.#ready.promise;
  }

  async #stop(): Promise<void> {
    this.#running?.abort();
    this.#running = undefined;
    if (this.#state.kind !== "failed") this.#enter({ kind: "stopped" });
    await this.#stopped;
  }

  async #keepRunning(stopping: AbortSignal): Promise<void> {
    const crashes = new CrashHistory(this.#timing);
    let wasSilent = false;
    while (!stopping.aborted) {
      this.#enter({ kind: "starting" });
      const failure = await this.#runOnce(stopping);
      this.#setActivity({ waiting: [] });
      if (stopping.aborted) return;
      // A machine that is busy or wakes up may be slow once; each further time would take as long again.
      const isSilent = failure.reason.code === "ENGINE_NOT_ANSWERING";
      const isFinal = failure.isFinal || (isSilent && wasSilent);
      wasSilent = isSilent;
      const inMs = isFinal ? undefined : crashes.add(performance.now());
      if (inMs === undefined) {
        this.#fail(isFinal ? failure.reason : this.#keepsCrashing(failure.reason));
        return;
      }
      this.#enter({ kind: "restarting", reason: failure.reason, inMs });
      await sleep(inMs, undefined, { signal: stopping }).catch(() => undefined);
    }
  }

  /** From the start of a process to its end. */
  async #runOnce(stopping: AbortSignal): Promise<RunFailure> {
    let launch: EngineLaunch;
    let session: EngineSession;
    try {
      launch = await this.#prepare();
      this.#launch = launch;
      // Loaded with the first process: an editor that starts need not wait for it.
      const { EngineSession } = await import("./engine-session.ts");
      session = new EngineSession(launch, this.#timing, {
        onLog: (entry) => this.#logged.fire(entry),
        onActivity: (activity) => this.#setActivity(activity),
        onMemory: (sample) => this.#sampled.fire(sample),
      });
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { reason: engineError("ENGINE_NOT_STARTED", { detail }, error), isFinal: true };
    }
    const end = () => void session.end();
    stopping.addEventListener("abort", end, { once: true });
    try {
      if (stopping.aborted) end();
      const refusal = await this.#initialize(session, stopping);
      if (refusal !== undefined) {
        await session.end();
        return { reason: refusal, isFinal: true };
      }
      const reason = explainEnd(await session.ended, launch.memoryLimitMb);
      // It would end the same way again.
      return { reason, isFinal: reason.code === "ENGINE_CPU_UNSUPPORTED" };
    } finally {
      stopping.removeEventListener("abort", end);
    }
  }

  /** @returns why the engine cannot be opened; undefined if it is, or if its process has ended. */
  async #initialize(session: EngineSession, stopping: AbortSignal): Promise<EngineError | undefined> {
    try {
      const { indexPath } = await session.initialize();
      if (stopping.aborted) return undefined;
      this.#enter({ kind: "ready", pid: session.pid ?? 0, indexPath });
      this.#ready.resolve(session);
      return undefined;
    } catch (error) {
      if (session.hasEnded) return undefined;
      return error instanceof EngineError ? error : engineError("ENGINE_NOT_STARTED", { detail: String(error) }, error);
    }
  }

  #keepsCrashing(last: EngineError): EngineError {
    const { maxCrashes, windowMs } = this.#timing;
    return engineError("ENGINE_KEEPS_CRASHING", { times: maxCrashes, minutes: windowMs / 60_000, last }, last);
  }

  #fail(reason: EngineError): void {
    this.#running = undefined;
    this.#enter({ kind: "failed", reason });
    this.#ready.reject(reason);
    this.#ready = pending();
  }

  #enter(state: EngineState): void {
    // What is asked for from now on waits for the next process.
    if (this.#state.kind === "ready") this.#ready = pending();
    const isNews = state.kind !== "stopped" || this.#state.kind !== "stopped";
    this.#state = state;
    if (isNews) this.#stateChanged.fire(state);
  }

  #setActivity(activity: Activity): void {
    this.#activity = activity;
    this.#activityChanged.fire(activity);
  }
}

interface RunFailure {
  readonly reason: EngineError;
  /** Whether there is no sense in starting again. */
  readonly isFinal: boolean;
}

/** Nobody need be waiting for it. */
function pending(): PromiseWithResolvers<EngineSession> {
  const ready = Promise.withResolvers<EngineSession>();
  ready.promise.catch(() => undefined);
  return ready;
}

/** Settles with the work, or rejects as soon as the signal is aborted. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
