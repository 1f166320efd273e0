import type { PackedSequences } from "./protocol.ts";

/**
 * A forward pass over fewer tokens does not use the processor fully, one over more makes the others wait longer at the
 * end of a batch and holds more of its scratch memory in use.
 */
const FULL_JOB_TOKENS = 512;

/** Below this, sharing work among threads costs more than it gains: a few milliseconds of work for a message each way. */
const SMALLEST_JOB_TOKENS = 64;

export interface PackingBounds {
  /** Threads that the jobs are for. */
  readonly threads: number;
  /** Most tokens of one job; no sequence is longer. */
  readonly batchTokens: number;
}

/**
 * Lays sequences end to end into jobs, in order and without loss. A job has at most 512 tokens, a longer sequence is
 * alone. Work that would not fill a job for every thread is cut smaller, so that all threads have an equal share.
 */
export function packSequences(
  sequences: readonly Int32Array[],
  { threads, batchTokens }: PackingBounds,
): PackedSequences[] {
  const total = sequences.reduce((sum, { length }) => sum + length, 0);
  const mostTokens = Math.min(batchTokens, jobTokens(total, threads));
  const jobs: PackedSequences[] = [];
  let first = 0;
  let tokens = 0;
  for (const [n, { length }] of sequences.entries()) {
    if (n > first && tokens + length > mostTokens) {
      jobs.push(layEndToEnd(sequences.slice(first, n)));
      first = n;
      tokens = 0;
    }
    tokens += length;
  }
  if (first < sequences.length) jobs.push(layEndToEnd(sequences.slice(first)));
  return jobs;
}

/** The size that lets all threads finish together: the work divided by the threads and by the rounds they make. */
function jobTokens(total: number, threads: number): number {
  const rounds = Math.max(1, Math.ceil(total / (threads * FULL_JOB_TOKENS)));
  return Math.max(SMALLEST_JOB_TOKENS, Math.floor(total / (threads * rounds)));
}

function layEndToEnd(sequences: readonly Int32Array[]): PackedSequences {
  const lengths = Int32Array.from(sequences, ({ length }) => length);
  const tokens = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const sequence of sequences) {
    tokens.set(sequence, at);
    at += sequence.length;
  }
  return { tokens, lengths };
}
