import { type Engine, ResonaError } from "@resona/core";
import {
  type CancellationToken,
  type MessageConnection,
  type NotificationType,
  type ProgressType,
  type RequestHandler,
  type RequestParam,
  type RequestType,
  ResponseError,
} from "vscode-jsonrpc/node";

import { EngineError, type EngineErrorData, engineError } from "../protocol/engine-error.ts";
import {
  CANCELLED,
  type CallParams,
  FAILED,
  type InitializeParams,
  type InitializeResult,
  activityNotification,
  commitProgress,
  countFilesRequest,
  diagnosisProgress,
  diagnosticsRequest,
  healRequest,
  indexCommitsRequest,
  indexProgress,
  indexRequest,
  initializeRequest,
  logNotification,
  maintainRequest,
  maintenanceProgress,
  memoryNotification,
  searchCommitsRequest,
  searchRequest,
  shutdownRequest,
  statsRequest,
} from "../protocol/protocol.ts";
import { LatestProgress } from "./latest-progress.ts";
import { MemorySampler } from "./memory-sampler.ts";
import { RunQueue } from "./run-queue.ts";

/** Opens the engine of a workspace; throws ResonaError or EngineError. */
export type OpenEngine = (params: InitializeParams) => Promise<Engine>;

/** A call under way. */
interface Call {
  /** Aborted when the caller cancels or the engine is shut down. */
  readonly signal: AbortSignal;
  /** Sends what is reported to the caller, if it wants to know. */
  readonly reporter: <E>(type: ProgressType<E>) => (event: E) => void;
}

/**
 * Answers the requests of one client with one engine: what writes the index one after the other, everything else at the
 * same time as that.
 */
export class EngineServer {
  readonly #connection: MessageConnection;
  readonly #open: OpenEngine;
  readonly #stopping = new AbortController();
  readonly #calls = new Set<Promise<unknown>>();
  readonly #runs = new RunQueue((activity) => this.#notify(activityNotification, activity));
  readonly #memory = new MemorySampler((sample) => this.#notify(memoryNotification, sample));
  #engine: Engine | undefined;

  constructor(connection: MessageConnection, open: OpenEngine) {
    this.#connection = connection;
    this.#open = open;
  }

  listen(): void {
    const connection = this.#connection;
    connection.onRequest(initializeRequest, (params, token) =>
      this.#track(this.#call(params, token, () => this.#initialize(params))),
    );
    this.#answer(countFilesRequest, (engine, { options }, { signal }) => engine.countFiles({ ...options, signal }));
    this.#answer(searchRequest, (engine, { query, options }, { signal }) =>
      engine.search(query, { ...options, signal }),
    );
    this.#answer(searchCommitsRequest, (engine, { query, options }, { signal }) =>
      engine.searchCommits(query, { ...options, signal }),
    );
    this.#answer(statsRequest, (engine) => engine.stats());
    this.#answer(diagnosticsRequest, (engine, { options }, { signal, reporter }) =>
      engine.getDiagnostics({ ...options, signal, onProgress: reporter(diagnosisProgress) }),
    );
    this.#answer(indexRequest, (engine, { options }, { signal, reporter }) =>
      this.#runs.run("index", signal, () => engine.index({ ...options, signal, onEvent: reporter(indexProgress) })),
    );
    this.#answer(indexCommitsRequest, (engine, _, { signal, reporter }) =>
      this.#runs.run("indexCommits", signal, () => engine.indexCommits({ signal, onEvent: reporter(commitProgress) })),
    );
    this.#answer(maintainRequest, (engine, { options }, { signal, reporter }) => {
      const report = reporter(maintenanceProgress);
      return this.#runs.run("maintain", signal, () =>
        engine.maintain({
          ...options,
          signal,
          onProgress: (step, details) => report({ type: "maintenance-step", step, details }),
        }),
      );
    });
    this.#answer(healRequest, (engine, _, { signal }) => this.#runs.run("heal", signal, () => engine.heal()));
    connection.onRequest(shutdownRequest, async () => {
      await this.stop();
      return null;
    });
    connection.listen();
  }

  /** Interrupts what is under way, so that what is done stays, and closes the engine. */
  async stop(): Promise<void> {
    this.#stopping.abort(engineError("ENGINE_STOPPED", {}));
    await Promise.allSettled(this.#calls);
    await this.#engine?.close();
    this.#engine = undefined;
  }

  async #initialize(params: InitializeParams): Promise<InitializeResult> {
    const engine = await this.#open(params);
    this.#engine = engine;
    return { indexPath: engine.indexPath };
  }

  #answer<P extends CallParams, R>(
    type: RequestType<P, R, EngineErrorData>,
    work: (engine: Engine, params: P, call: Call) => Promise<R>,
  ): void {
    const handler = (params: P, token: CancellationToken): Promise<R> =>
      this.#track(
        this.#call(params, token, (call) => {
          if (this.#engine === undefined) throw engineError("ENGINE_STOPPED", {});
          return work(this.#engine, params, call);
        }),
      );
    this.#connection.onRequest(type, handler as RequestHandler<P, R, EngineErrorData>);
  }

  /** Keeps account of a call until it is over. */
  async #track<R>(call: Promise<R>): Promise<R> {
    this.#calls.add(call);
    this.#memory.begin();
    try {
      return await call;
    } finally {
      this.#memory.end();
      this.#calls.delete(call);
    }
  }

  /** Does the work of a call with a signal and progress of its own. Throws what is to be sent. */
  async #call<R>(
    { progress: token }: CallParams,
    cancellation: CancellationToken,
    work: (call: Call) => Promise<R>,
  ): Promise<R> {
    const { signal: stopping } = this.#stopping;
    const ending = new AbortController();
    const stop = () => ending.abort(stopping.reason);
    const cancelled = cancellation.onCancellationRequested(() => ending.abort());
    stopping.addEventListener("abort", stop);
    const reports: { end(): void }[] = [];
    const reporter = <E>(type: ProgressType<E>) => {
      if (token === undefined) return () => undefined;
      const progress = new LatestProgress<E>(
        (event) => void this.#connection.sendProgress(type, token, event as RequestParam<E>),
      );
      reports.push(progress);
      return (event: E) => progress.report(event);
    };
    try {
      if (cancellation.isCancellationRequested) ending.abort();
      if (stopping.aborted) stop();
      ending.signal.throwIfAborted();
      return await work({ signal: ending.signal, reporter });
    } catch (error) {
      throw this.#sendable(error, ending.signal.aborted);
    } finally {
      for (const progress of reports) progress.end();
      cancelled.dispose();
      stopping.removeEventListener("abort", stop);
    }
  }

  #sendable(error: unknown, isAborted: boolean): ResponseError<EngineErrorData> {
    if (error instanceof ResonaError || error instanceof EngineError) {
      const { code, message, nextStep } = error;
      return new ResponseError(FAILED, message, { code, message, nextStep });
    }
    const detail = error instanceof Error ? error.message : String(error);
    if (isAborted) return new ResponseError(CANCELLED, detail);
    const stack = error instanceof Error ? error.stack : undefined;
    this.#notify(logNotification, { level: "error", message: stack ?? detail });
    const { code, message, nextStep } = engineError("ENGINE_FAILED", { detail });
    return new ResponseError(FAILED, message, { code, message, nextStep });
  }

  /** A client that is gone need not be told; that it is gone is noticed elsewhere. */
  #notify<P>(type: NotificationType<P>, params: P): void {
    void this.#connection.sendNotification(type, params as RequestParam<P>).catch(() => undefined);
  }
}
