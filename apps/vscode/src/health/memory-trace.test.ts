import fc from "fast-check";
import { expect, it } from "vitest";

import { MAX_POINTS, addMemory, beginTrace } from "./memory-trace.ts";

const run = fc.array(
  fc.record({ gap: fc.integer({ min: 0, max: 100_000 }), bytes: fc.integer({ min: 1, max: 10 ** 9 }) }),
  { minLength: 1, maxLength: 300 },
);

function traceOf(samples: readonly { readonly gap: number; readonly bytes: number }[]) {
  let at = 1_000_000;
  let trace = beginTrace(at);
  for (const { gap, bytes } of samples) trace = addMemory(trace, (at += gap), bytes);
  return { trace, duration: at - 1_000_000 };
}

it("never loses the peak, and never has more points than can be drawn", () => {
  fc.assert(
    fc.property(run, (samples) => {
      const { trace } = traceOf(samples);
      expect(Math.max(...trace.points)).toBe(Math.max(...samples.map(({ bytes }) => bytes)));
      expect(trace.points.length).toBeLessThanOrEqual(MAX_POINTS);
      expect(trace.points.every((bytes) => bytes > 0)).toBe(true);
    }),
  );
});

it("is as long as the run", () => {
  fc.assert(
    fc.property(run, (samples) => {
      const { trace, duration } = traceOf(samples);
      expect(trace.points.length).toBe(Math.floor(duration / trace.interval) + 1);
    }),
  );
});

it("uses at least half of its points in a long run", () => {
  const { trace } = traceOf(Array.from({ length: 5_000 }, () => ({ gap: 100, bytes: 1 })));
  expect(trace.points.length).toBeGreaterThanOrEqual(MAX_POINTS / 2);
});

it("holds what was seen where nothing is", () => {
  expect(traceOf([0, 1_000, 250].map((gap, n) => ({ gap, bytes: n + 1 }))).trace.points).toEqual([1, 1, 1, 1, 2, 3]);
});
