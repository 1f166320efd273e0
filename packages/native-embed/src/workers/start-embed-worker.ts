import { Worker } from "node:worker_threads";

/**
 * Loads {@link file://./embed-worker.ts}, or what it was compiled to. This is the one place that knows where the entry
 * is: a bundler has to put it there too.
 */
const EMBED_WORKER: URL = new URL(
  import.meta.url.endsWith(".ts") ? "./embed-worker.ts" : "./embed-worker.js",
  import.meta.url,
);

/** Heap of one thread: tokens and vectors of a few jobs; the model is in WebAssembly memory, which does not count. */
const MAX_HEAP_MEGABYTES = 64;

/** What a thread allocates is dead after the next job; V8 would let the space for new objects grow to 48 MB. */
const YOUNG_HEAP_MEGABYTES = 4;

/** Starts a thread that runs forward passes in a region of the memory that `setup` brings. */
export function startEmbedWorker(setup: object, region: number): Worker {
  return new Worker(EMBED_WORKER, {
    workerData: { ...setup, region },
    // Flags of this process are not meant for its threads, and some (`--input-type`) keep them from starting.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MEGABYTES, maxYoungGenerationSizeMb: YOUNG_HEAP_MEGABYTES },
    name: `embed ${region}`,
  });
}
