import type { Worker } from "node:worker_threads";

import { nativeEmbedError } from "../errors.ts";
import type { EmbedReply, EmbedRequest, PackedSequences } from "./protocol.ts";

/** One is being worked on and the next is there already, so that a thread need not wait for this one to be free. */
const MIN_JOBS = 2;
/** This one may be busy for so long with other work, but not much longer does an urgent job wait behind what is sent. */
const WORK_AHEAD_MS = 30;
/** However short they are: what a thread was sent is done again if it ends, and cannot be dropped. */
export const MOST_JOBS = 32;
/** Of the newest measurement in the average. */
const NEWEST_SHARE = 0.1;

/** A job that has ended this many threads is not given to another. */
const MOST_CRASHES = 2;

export interface EmbedPoolOptions {
  /** Threads at most; each is started when there is work that no other is free for. */
  readonly threads: number;
  /** Starts the thread that works in a region of the shared memory, 0 to threads − 1, one at a time in each. */
  readonly startWorker: (region: number) => Worker;
  /** What errors call the model. */
  readonly name: string;
}

export interface RunOptions {
  /** Drops the job if no thread has it yet, and its result otherwise. */
  readonly signal?: AbortSignal | undefined;
  /** Whether it goes before all jobs that wait: somebody is waiting for this one. */
  readonly urgent?: boolean;
}

/**
 * Forward passes in threads over one shared memory. Jobs wait here, in order; a thread is sent two, or as many as it
 * works on for 30 ms.
 *
 * A thread that ends by itself is replaced. The job it was working on is tried once more; if that ends another thread
 * the job fails, and the pool goes on.
 *
 * It is not tinypool, which the engine uses for parsing: there a thread that ends by `process.exit` leaves its job
 * waiting for ever, cancelling a job that runs means terminating its thread, and threads have no place of their own in
 * a shared memory. This package also has no dependencies.
 */
export class EmbedPool {
  readonly #startWorker: (region: number) => Worker;
  readonly #name: string;
  readonly #slots: readonly Slot[];
  readonly #waiting: Job[] = [];
  #closed = false;
  #crashes = 0;
  /** How long a thread works on a token, on average; unknown before the first answer. */
  #msPerToken = Infinity;

  constructor({ threads, startWorker, name }: EmbedPoolOptions) {
    this.#startWorker = startWorker;
    this.#name = name;
    this.#slots = Array.from({ length: threads }, (_, region) => ({
      region,
      jobs: [],
      worker: undefined,
      since: 0,
    }));
  }

  /** Threads that ended by themselves so far. */
  get crashes(): number {
    return this.#crashes;
  }

  /**
   * The vectors of the sequences, [sequences × dimension].
   * Rejects with the reason of `signal` once it is aborted, with `EMBED_WORKER_FAILED`, and with `EMBEDDER_CLOSED`.
   */
  async run(sequences: PackedSequences, { signal, urgent = false }: RunOptions = {}): Promise<Float32Array> {
    signal?.throwIfAborted();
    if (this.#closed) throw nativeEmbedError("EMBEDDER_CLOSED", this.#name);
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>();
    const job: Job = { sequences, resolve, reject, crashes: 0, isDropped: false };
    const drop = (): void => {
      job.isDropped = true;
      const place = this.#waiting.indexOf(job);
      if (place >= 0) this.#waiting.splice(place, 1);
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", drop, { once: true });
    if (urgent) this.#waiting.unshift(job);
    else this.#waiting.push(job);
    this.#assign();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener("abort", drop);
    }
  }

  /** Ends all threads, in the middle of their work if they have any; what is under way rejects. May be repeated. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of [...this.#waiting.splice(0), ...this.#slots.flatMap(({ jobs }) => jobs.splice(0))]) {
      job.reject(nativeEmbedError("EMBEDDER_CLOSED", this.#name));
    }
    await Promise.all(this.#slots.flatMap(({ worker }) => worker?.terminate() ?? []));
  }

  #assign(): void {
    let job: Job | undefined;
    let slot: Slot | undefined;
    while ((slot = this.#freest()) !== undefined && (job = this.#waiting.shift()) !== undefined) {
      try {
        slot.worker ??= this.#start(slot);
      } catch (error) {
        job.reject(this.#failure(error));
        continue;
      }
      if (slot.jobs.push(job) === 1) {
        slot.worker.ref();
        slot.since = performance.now();
      }
      const request: EmbedRequest = job.sequences;
      slot.worker.postMessage(request);
    }
  }

  #start(slot: Slot): Worker {
    const worker = this.#startWorker(slot.region);
    let cause: unknown;
    worker.on("message", (vectors: EmbedReply) => {
      this.#take(slot, vectors);
    });
    worker.on("messageerror", (error) => {
      cause = error;
      void worker.terminate();
    });
    // The exit follows; only then have all messages that were sent before arrived.
    worker.on("error", (error) => {
      cause = error;
    });
    worker.on("exit", (code) => {
      this.#replace(slot, cause ?? new Error(`it ended with exit code ${code}`));
    });
    return worker;
  }

  #take(slot: Slot, vectors: Float32Array): void {
    if (this.#closed) return;
    const job = slot.jobs.shift();
    // A thread without work does not keep the process alive.
    if (slot.jobs.length === 0) slot.worker?.unref();
    if (job) this.#measure(slot, job);
    job?.resolve(vectors);
    this.#assign();
  }

  #measure(slot: Slot, { sequences }: Job): void {
    const now = performance.now();
    const msPerToken = (now - slot.since) / Math.max(1, sequences.tokens.length);
    slot.since = now;
    const before = Number.isFinite(this.#msPerToken) ? this.#msPerToken : msPerToken;
    this.#msPerToken = before + NEWEST_SHARE * (msPerToken - before);
  }

  /** Where the next job goes: to a thread without work, else to a new one, else behind a job that is running. */
  #freest(): Slot | undefined {
    let best: Slot | undefined;
    for (const slot of this.#slots) {
      const hasWork = slot.jobs.length >= MIN_JOBS && tokensOf(slot) * this.#msPerToken >= WORK_AHEAD_MS;
      if (hasWork || slot.jobs.length === MOST_JOBS) continue;
      if (best === undefined || rank(slot) < rank(best)) best = slot;
    }
    return best;
  }

  /** After a thread has ended: its jobs wait again, before all others. */
  #replace(slot: Slot, cause: unknown): void {
    slot.worker = undefined;
    if (this.#closed) return;
    this.#crashes++;
    const [running, ...unbegun] = slot.jobs.splice(0);
    if (running && ++running.crashes >= MOST_CRASHES) running.reject(this.#failure(cause));
    else if (running) unbegun.unshift(running);
    this.#waiting.unshift(...unbegun.filter((job) => !job.isDropped));
    this.#assign();
  }

  #failure(cause: unknown): Error {
    const detail = cause instanceof Error ? cause.message : String(cause);
    // V8's words when the thread's instance cannot have the address space that it needs.
    const code = /WebAssembly.*memory/i.test(detail) ? "OUT_OF_MEMORY" : "EMBED_WORKER_FAILED";
    return nativeEmbedError(code, this.#name, detail, cause);
  }
}

interface Job {
  readonly sequences: PackedSequences;
  readonly resolve: (vectors: Float32Array) => void;
  readonly reject: (error: unknown) => void;
  /** Threads that have ended while working on it. */
  crashes: number;
  /** Nobody waits for it any more. */
  isDropped: boolean;
}

/** A region of the shared memory with the thread that works in it, if there is one. */
interface Slot {
  readonly region: number;
  worker: Worker | undefined;
  /** What the thread has been sent and not answered, the running one first. */
  readonly jobs: Job[];
  /** When it began with the running one. */
  since: number;
}

function tokensOf({ jobs }: Slot): number {
  return jobs.reduce((sum, { sequences }) => sum + sequences.tokens.length, 0);
}

function rank({ jobs, worker }: Slot): number {
  return jobs.length * 2 + (worker ? 0 : 1);
}
