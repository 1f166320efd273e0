import { Tinypool } from "tinypool";

import type { ChunkedFile } from "../model/chunk.ts";
import type { ChunkLimits } from "./chunk-text.ts";
import type { ParseFailure } from "./syntax-parser.ts";

export interface ParseRequest {
  readonly path: string;
  readonly text: string;
  readonly limits: ChunkLimits;
}

export interface ParseResponse {
  readonly file: ChunkedFile;
  /** Whether the thread that answered should be replaced. */
  readonly isSpent: boolean;
}

export interface ParsePool {
  /**
   * Has a thread split a file. What becomes of the thread is a value too: a failure, not an exception, when it crashed,
   * ran out of memory or did not answer in time; it is then replaced.
   * @throws the signal's reason, without waiting for a thread, once the signal is aborted.
   */
  run(request: ParseRequest, signal?: AbortSignal): Promise<ChunkedFile | ParseFailure>;
  /** Ends all threads; calls still under way are rejected. */
  close(): Promise<void>;
}

export interface ParsePoolOptions {
  readonly threads: number;
  /** Milliseconds after which a thread that has not answered is terminated. */
  readonly deadlineMs: number;
  /** The threads' module, for tests of what goes wrong in it. */
  readonly workerUrl?: URL;
}

/** Loads {@link file://./parse-worker.ts}, or what it was compiled to. */
const PARSE_WORKER: URL = new URL(
  import.meta.url.endsWith(".ts") ? "./parse-worker.ts" : "./parse-worker.js",
  import.meta.url,
);

/** Threads without work end after this; loading the grammars again takes a fraction of a second. */
const IDLE_TIMEOUT_MS = 30_000;

/** Heap of one thread: room for the largest text that is parsed, several times over. WebAssembly memory has a limit of its own. */
const MAX_HEAP_MEGABYTES = 96;

/** Trees and chunks are dead as soon as a file is done; V8 would let the space for new objects grow to 48 MB. */
const YOUNG_HEAP_MEGABYTES = 8;

/** No thread is started before the first request. */
export function createParsePool({ threads, deadlineMs, workerUrl = PARSE_WORKER }: ParsePoolOptions): ParsePool {
  const pool = new Tinypool({
    filename: workerUrl.href,
    runtime: "worker_threads",
    // Flags of this process are not meant for its threads, and some (`--input-type`) keep them from starting.
    execArgv: [],
    minThreads: 0,
    maxThreads: threads,
    idleTimeout: IDLE_TIMEOUT_MS,
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_HEAP_MEGABYTES },
  });
  // A thread that dies between two requests is replaced with the next; there is nobody to tell.
  pool.on("error", () => {});

  const slots = createSlots(threads);
  let closed = false;

  /** The slot makes sure that a thread is free: the deadline counts work, not waiting. */
  const runInSlot = async (request: ParseRequest): Promise<ChunkedFile | ParseFailure> => {
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), deadlineMs);
    try {
      // Aborting terminates the thread, which is the only way to stop WebAssembly that does not return.
      const response = (await pool.run(request, { signal: deadline.signal })) as ParseResponse;
      if (response.isSpent) await pool.recycleWorkers();
      return response.file;
    } catch {
      if (closed) throw closedError();
      return deadline.signal.aborted ? "parse-timeout" : "parse-failed";
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    async run(request, signal) {
      signal?.throwIfAborted();
      const work = slots.run(async () => {
        signal?.throwIfAborted();
        if (closed) throw closedError();
        return await runInSlot(request);
      });
      return await orAborted(work, signal);
    },
    async close() {
      closed = true;
      await pool.destroy();
    },
  };
}

function closedError(): Error {
  return new Error("The chunker is closed.");
}

/** At most `count` tasks at a time, the others in the order in which they came. */
function createSlots(count: number): { run<T>(task: () => Promise<T>): Promise<T> } {
  const waiting: (() => void)[] = [];
  let free = count;
  return {
    async run(task) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await task();
      } finally {
        const next = waiting.shift();
        // The slot passes on without becoming free, or a newcomer could take it first.
        if (next) next();
        else free++;
      }
    },
  };
}

/** Settles with the work, or rejects as soon as the signal is aborted; the work goes on unseen. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await work;
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => {
    reject(signal.reason);
  };
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
