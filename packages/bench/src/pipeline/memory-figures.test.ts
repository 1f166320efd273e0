import { describe, expect, it } from "vitest";

import { memoryFigures, timeOfShare } from "./memory-figures.ts";
import type { MemorySample } from "./watch-memory.ts";

const FILES = 1_000;

/** A sample each second: ten before the first commit, one for every file, ten of maintenance. */
function samplesOf(indexing: (filesDone: number) => number, maintenance = 300): MemorySample[] {
  const megabytes = [
    ...Array.from({ length: 10 }, () => ({ rss: 100 })),
    ...Array.from({ length: FILES }, (_, n) => ({ rss: indexing(n + 1), filesDone: n + 1 })),
    ...Array.from({ length: 10 }, () => ({ rss: maintenance })),
  ];
  return megabytes.map(({ rss, ...progress }, n) => ({
    ms: n * 1_000,
    rssBytes: rss * 1e6,
    anonymousBytes: rss * 1e6,
    ...progress,
  }));
}

describe("figures of memory", () => {
  it("do not rise where memory stays, however it goes up and down", () => {
    const { fittedRiseMB, highestRiseMB } = memoryFigures(
      samplesOf((n) => 400 + (n % 2) * 50),
      FILES,
    );
    expect(Math.abs(fittedRiseMB)).toBeLessThan(0.2);
    expect(highestRiseMB).toBe(0);
  });

  it("rise as memory does, from a tenth of the files on", () => {
    const { fittedRiseMB, highestRiseMB } = memoryFigures(
      samplesOf((n) => 300 + n / 10),
      FILES,
    );
    expect(fittedRiseMB).toBeCloseTo(90, 3);
    expect(highestRiseMB).toBeCloseTo(80, 3);
  });

  it("do not count how memory got to where it stays in the first tenth", () => {
    const { fittedRiseMB, highestRiseMB } = memoryFigures(
      samplesOf((n) => 400 - Math.max(0, 100 - n)),
      FILES,
    );
    expect(fittedRiseMB).toBeCloseTo(0, 6);
    expect(highestRiseMB).toBe(0);
  });

  it("count what maintenance takes", () => {
    const { highestRiseMB, maintenance } = memoryFigures(
      samplesOf(() => 400, 550),
      FILES,
    );
    expect(highestRiseMB).toBe(150);
    expect(maintenance).toMatchObject({ medianMB: 550, highestMB: 550 });
  });

  it("are given by tenths of the files, with what was before the first commit in the first", () => {
    const samples = samplesOf((n) => 300 + n / 10);
    const { tenths } = memoryFigures(samples, FILES);
    expect([...tenths.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(tenths.get(1)).toEqual({ endSeconds: 109, medianMB: expect.closeTo(304.6), highestMB: 310 });
    expect(tenths.get(10)).toEqual({ endSeconds: 1_009, medianMB: expect.closeTo(395.1), highestMB: 400 });
    expect(timeOfShare(samples, FILES, 0.1)).toBe(109_000);
    expect(timeOfShare(samples.slice(0, 50), FILES, 0.1)).toBeUndefined();
  });
});
