import { type Engine, ResonaError } from "@resona/core";
import {
  type CancellationToken,
  type GenericRequestHandler,
  type MessageConnection,
  ProgressType,
  ResponseError,
} from "vscode-jsonrpc/node";

import { EngineError, type EngineErrorData, engineError } from "../protocol/engine-error.ts";
import {
  CANCELLED,
  type CallParams,
  type Calls,
  FAILED,
  type InitializeParams,
  type InitializeResult,
  type Notices,
  methodOf,
} from "../protocol/protocol.ts";
import { LatestProgress } from "./latest-progress.ts";
import { MemorySampler } from "./memory-sampler.ts";
import { RunQueue } from "./run-queue.ts";

/** Opens the engine of a workspace; throws ResonaError or EngineError. */
export type OpenEngine = (params: InitializeParams) => Promise<Engine>;

/** A call under way. */
interface RunningCall<E> {
  /** Aborted when the caller cancels or the engine is shut down. */
  readonly signal: AbortSignal;
  /** Sends what is reported to the caller, if it wants to know. */
  readonly report: (event: E) => void;
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
  readonly #runs = new RunQueue((activity) => this.#notify("activity", activity));
  readonly #memory = new MemorySampler((sample) => this.#notify("memory", sample));
  #engine: Engine | undefined;

  constructor(connection: MessageConnection, open: OpenEngine) {
    this.#connection = connection;
    this.#open = open;
  }

  listen(): void {
    this.#on("initialize", (params) => this.#initialize(params));
    this.#answer("countFiles", (engine, { options }, { signal }) => engine.countFiles({ ...options, signal }));
    this.#answer("search", (engine, { query, options }, { signal }) => engine.search(query, { ...options, signal }));
    this.#answer("searchCommits", (engine, { query, options }, { signal }) =>
      engine.searchCommits(query, { ...options, signal }),
    );
    this.#answer("stats", (engine) => engine.stats());
    this.#answer("diagnostics", (engine, { options }, { signal, report }) =>
      engine.getDiagnostics({ ...options, signal, onProgress: report }),
    );
    this.#answer("index", (engine, { options }, { signal, report }) =>
      this.#runs.run("index", signal, () => engine.index({ ...options, signal, onEvent: report })),
    );
    this.#answer("indexCommits", (engine, _, { signal, report }) =>
      this.#runs.run("indexCommits", signal, () => engine.indexCommits({ signal, onEvent: report })),
    );
    this.#answer("maintain", (engine, { options }, { signal, report }) =>
      this.#runs.run("maintain", signal, () =>
        engine.maintain({
          ...options,
          signal,
          onProgress: (step, details) => report({ type: "maintenance-step", step, details }),
        }),
      ),
    );
    this.#answer("heal", (engine, _, { signal }) => this.#runs.run("heal", signal, () => engine.heal()));
    this.#connection.onRequest(methodOf("shutdown"), async () => {
      await this.stop();
      return null;
    });
    this.#connection.listen();
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

  #answer<N extends keyof Calls>(
    name: N,
    work: (
      engine: Engine,
      params: Calls[N]["params"],
      call: RunningCall<Calls[N]["event"]>,
    ) => Promise<Calls[N]["result"]>,
  ): void {
    this.#on(name, (params, call) => {
      if (this.#engine === undefined) throw engineError("ENGINE_STOPPED", {});
      return work(this.#engine, params, call);
    });
  }

  #on<N extends keyof Calls>(
    name: N,
    work: (params: Calls[N]["params"], call: RunningCall<Calls[N]["event"]>) => Promise<Calls[N]["result"]>,
  ): void {
    const handler = (params: Calls[N]["params"], token: CancellationToken): Promise<Calls[N]["result"]> =>
      this.#track(this.#call<Calls[N]["event"], Calls[N]["result"]>(params, token, (call) => work(params, call)));
    this.#connection.onRequest(methodOf(name), handler as GenericRequestHandler<Calls[N]["result"], EngineErrorData>);
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
  async #call<E, R>(
    { progress: token }: CallParams,
    cancellation: CancellationToken,
    work: (call: RunningCall<E>) => Promise<R>,
  ): Promise<R> {
    const { signal: stopping } = this.#stopping;
    const ending = new AbortController();
    const stop = () => ending.abort(stopping.reason);
    const cancelled = cancellation.onCancellationRequested(() => ending.abort());
    stopping.addEventListener("abort", stop);
    const progress = token === undefined ? undefined : this.#progress<E>(token);
    try {
      if (cancellation.isCancellationRequested) ending.abort();
      if (stopping.aborted) stop();
      ending.signal.throwIfAborted();
      return await work({ signal: ending.signal, report: (event) => progress?.report(event) });
    } catch (error) {
      throw this.#sendable(error, ending.signal.aborted);
    } finally {
      progress?.end();
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
    this.#notify("log", { level: "error", message: stack ?? detail });
    const { code, message, nextStep } = engineError("ENGINE_FAILED", { detail });
    return new ResponseError(FAILED, message, { code, message, nextStep });
  }

  #progress<E>(token: number): LatestProgress<E> {
    return new LatestProgress((event) => void this.#connection.sendProgress(new ProgressType<unknown>(), token, event));
  }

  /** A client that is gone need not be told; that it is gone is noticed elsewhere. */
  #notify<N extends keyof Notices>(name: N, notice: Notices[N]): void {
    void this.#connection.sendNotification(methodOf(name), notice).catch(() => undefined);
  }
}
