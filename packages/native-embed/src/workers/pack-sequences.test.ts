import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { packSequences } from "./pack-sequences.ts";

const sequencesOf = (lengths: readonly number[]): Int32Array[] => {
  let next = 0;
  return lengths.map((length) => Int32Array.from({ length }, () => next++));
};
const sizes = (lengths: readonly number[], threads: number, batchTokens = 512): number[][] =>
  packSequences(sequencesOf(lengths), { threads, batchTokens }).map((job) => [...job.lengths]);

const batches = fc.record({
  lengths: fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 60 }),
  threads: fc.integer({ min: 1, max: 16 }),
  batchTokens: fc.integer({ min: 700, max: 2_048 }),
});

describe("packSequences", () => {
  it("puts short texts together and leaves a long one alone", () => {
    expect(sizes([200, 200, 200, 600, 100, 100], 1, 2_048)).toEqual([[200, 200], [200], [600], [100, 100]]);
  });

  it("gives every thread an equal share of a batch that is small", () => {
    expect(sizes(Array(8).fill(100), 4)).toEqual([
      [100, 100],
      [100, 100],
      [100, 100],
      [100, 100],
    ]);
    // One job more than four of the full size: eight of half of it.
    expect(sizes(Array(21).fill(100), 4).map(({ length }) => length)).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1]);
  });

  it("does not wake a thread for a few tokens", () => {
    expect(sizes([10, 10, 10], 8)).toEqual([[10, 10, 10]]);
  });

  it("makes no job of nothing", () => {
    expect(sizes([], 4)).toEqual([]);
  });

  it("keeps the order and loses nothing", () => {
    fc.assert(
      fc.property(batches, ({ lengths, ...bounds }) => {
        const sequences = sequencesOf(lengths);
        const jobs = packSequences(sequences, bounds);
        expect(jobs.flatMap((job) => [...job.lengths])).toEqual(lengths);
        expect(jobs.flatMap((job) => [...job.tokens])).toEqual(sequences.flatMap((sequence) => [...sequence]));
      }),
      { seed: 1 },
    );
  });

  it("never goes beyond what one forward pass takes, nor beyond a full job with more than one text", () => {
    fc.assert(
      fc.property(batches, ({ lengths, ...bounds }) => {
        for (const job of packSequences(sequencesOf(lengths), bounds)) {
          expect(job.tokens.length).toBe(job.lengths.reduce((sum, length) => sum + length, 0));
          expect(job.tokens.length).toBeLessThanOrEqual(bounds.batchTokens);
          expect(job.lengths.length === 1 || job.tokens.length <= 512).toBe(true);
        }
      }),
      { seed: 1 },
    );
  });

  it("has a job for every thread where there is work for all", () => {
    const short = fc.record({
      lengths: fc.array(fc.integer({ min: 1, max: 64 }), { maxLength: 200 }),
      threads: fc.integer({ min: 1, max: 16 }),
    });
    fc.assert(
      fc.property(short, ({ lengths, threads }) => {
        const work = lengths.reduce((sum, length) => sum + length, 0);
        const jobs = packSequences(sequencesOf(lengths), { threads, batchTokens: 512 });
        expect(jobs.length).toBeGreaterThanOrEqual(Math.min(threads, Math.floor(work / 64)));
      }),
      { seed: 1 },
    );
  });
});
