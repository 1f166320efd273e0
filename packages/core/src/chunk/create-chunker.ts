import { availableParallelism } from "node:os";

import { chunkWithoutParser } from "./chunk-text.ts";
import type { Chunker } from "./chunker.ts";
import { createParsePool } from "./parse-pool.ts";

export interface ChunkerOptions {
  /** Size in characters that chunks aim at. */
  readonly chunkChars: number;
  /** Never more than there are cores. */
  readonly parserThreads: number;
  /** Milliseconds of parsing after which a file is split by lines. */
  readonly parseTimeoutMs: number;
}

/**
 * A thread that has not answered this long after its parser should have given up hangs where the parser does not look
 * at the clock. Generous: it covers the start of a thread and the loading of a grammar on a busy machine.
 */
const HANG_MS = 10_000;

/** Splits files on threads of its own; they start with the first file. */
export function createChunker({ chunkChars, parserThreads, parseTimeoutMs }: ChunkerOptions): Chunker {
  const limits = { chunkChars, parseTimeoutMs };
  const pool = createParsePool({
    threads: Math.min(parserThreads, availableParallelism()),
    deadlineMs: parseTimeoutMs + HANG_MS,
  });
  return {
    async chunk(path, text, signal) {
      const result = await pool.run({ path, text, limits }, signal);
      return typeof result === "string" ? chunkWithoutParser(path, text, limits, result) : result;
    },
    close: () => pool.close(),
  };
}
