import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type HealthHistory, type HealthSample, MAX_SAMPLES, addSample, parseHistory } from "./health-history.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const start = Date.UTC(2026, 0, 1);

function sample(at: number, more: Partial<HealthSample> = {}): HealthSample {
  return { at, fragments: 1, versions: 1, maintained: false, ...more };
}

function historyOf(samples: readonly HealthSample[]): HealthHistory {
  return samples.reduce<HealthHistory>(addSample, []);
}

const gaps = fc.array(
  fc.record({
    gap: fc.oneof(fc.integer({ min: 0, max: 5 * MINUTE }), fc.integer({ min: 0, max: 3 * DAY })),
    maintained: fc.boolean(),
  }),
  { maxLength: 150 },
);

describe("a history", () => {
  it("keeps samples that are far enough apart", () => {
    const samples = [0, 1, 2, 30].map((minutes) => sample(start + minutes * MINUTE, { fragments: minutes }));
    expect(historyOf(samples)).toEqual(samples);
  });

  it("keeps the latest of those of one interval, and that maintenance was run in it", () => {
    const [early, late] = [sample(start, { maintained: true }), sample(start + 1_000, { versions: 7 })];
    expect(historyOf([early, late])).toEqual([{ ...late, maintained: true }]);
  });

  it("never has more samples than it may, however long it goes on", () => {
    let history: HealthHistory = [];
    for (let n = 0; n < 20_000; n++) history = addSample(history, sample(start + n * 7 * MINUTE));
    expect(history.length).toBeGreaterThan(150);
    expect(history.length).toBeLessThanOrEqual(MAX_SAMPLES);
  });

  it("is in order, ends with the newest sample, and holds nothing that was not put in", () => {
    fc.assert(
      fc.property(gaps, (steps) => {
        let at = start;
        const samples = steps.map(({ gap, maintained }, n) => sample((at += gap), { fragments: n, maintained }));
        const history = historyOf(samples);
        expect(history.at(-1)?.fragments).toBe(samples.at(-1)?.fragments);
        expect(history.map((one) => one.at)).toEqual(history.map((one) => one.at).toSorted((a, b) => a - b));
        for (const { at: time, fragments } of history) expect(samples[fragments]?.at).toBe(time);
        expect(history.length).toBeLessThanOrEqual(MAX_SAMPLES);
      }),
    );
  });

  it("does not forget that maintenance was run, as long as it reaches back", () => {
    fc.assert(
      fc.property(gaps, (steps) => {
        let at = start;
        const samples = steps.map(({ gap, maintained }) => sample((at += gap), { maintained }));
        const history = historyOf(samples);
        const newest = samples.at(-1)?.at ?? 0;
        const isYoung = (one: HealthSample) => newest - one.at < 80 * DAY;
        const wasMaintained = samples.some((one) => isYoung(one) && one.maintained);
        expect(wasMaintained && !history.some(({ maintained }) => maintained)).toBe(false);
      }),
    );
  });

  it("lets go of what a clock that was put back calls the future", () => {
    const history = historyOf([sample(start), sample(start + DAY)]);
    expect(addSample(history, sample(start + MINUTE)).map(({ at }) => at)).toEqual([start, start + MINUTE]);
  });
});

describe("a stored history", () => {
  it("is read back as it was", () => {
    const history = historyOf([sample(start), sample(start + DAY, { maintained: true })]);
    expect(parseHistory(JSON.parse(JSON.stringify(history)))).toEqual(history);
  });

  it("may be anything", () => {
    fc.assert(
      fc.property(fc.anything(), (stored) => {
        const history = parseHistory(stored);
        expect(addSample(history, sample(start)).at(-1)).toBeDefined();
      }),
    );
    expect(parseHistory([sample(2), { at: 1 }, null, { ...sample(1), fragments: -1 }, sample(0)])).toEqual([
      sample(0),
      sample(2),
    ]);
  });
});
