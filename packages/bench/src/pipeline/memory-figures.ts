import type { MemorySample } from "./watch-memory.ts";

/** Memory over a part of a run, in millions of bytes. */
export interface MemoryOfPart {
  /** Seconds from the start of the run to the end of the part. */
  readonly endSeconds: number;
  readonly medianMB: number;
  readonly highestMB: number;
}

export interface MemoryFigures {
  /** The samples up to the last commit, by tenths of the files; a tenth that no sample fell into is missing. */
  readonly tenths: ReadonlyMap<number, MemoryOfPart>;
  /** Everything after the last commit. */
  readonly maintenance: MemoryOfPart | undefined;
  /**
   * By how much a straight line rises from a tenth of the files to all of them that is fitted (least squares) to every
   * sample in between.
   */
  readonly fittedRiseMB: number;
  /** The highest sample after the first fifth of the files, maintenance included, less the highest until then. */
  readonly highestRiseMB: number;
}

/** What can be said of how memory went on as files were done. */
export function memoryFigures(samples: readonly MemorySample[], files: number): MemoryFigures {
  const lastCommit = samples.findLastIndex(({ filesDone }) => filesDone !== undefined);
  if (lastCommit < 0) throw new RangeError("No sample was taken between two commits.");
  const indexing = samples.slice(0, lastCommit + 1).map((sample) => ({ ...sample, share: shareDone(sample, files) }));
  const after = samples.slice(lastCommit + 1);
  const tenths = new Map<number, MemoryOfPart>();
  for (let tenth = 1; tenth <= 10; tenth++) {
    const part = indexing.filter(({ share }) => tenthOf(share) === tenth);
    if (part.length > 0) tenths.set(tenth, memoryOfPart(part));
  }
  const later = indexing.filter(({ share }) => share > 0.1);
  const [begin, rest] = [indexing.filter(({ share }) => share <= 0.2), indexing.filter(({ share }) => share > 0.2)];
  return {
    tenths,
    maintenance: after.length > 0 ? memoryOfPart(after) : undefined,
    fittedRiseMB: 0.9 * slope(later.map(({ share, rssBytes }) => [share, rssBytes / 1e6])),
    highestRiseMB: highestMB([...rest, ...after]) - highestMB(begin),
  };
}

/** When a share of the files was done, in milliseconds from the start. */
export function timeOfShare(samples: readonly MemorySample[], files: number, share: number): number | undefined {
  return samples.find((sample) => shareDone(sample, files) >= share)?.ms;
}

function shareDone({ filesDone = 0 }: MemorySample, files: number): number {
  return filesDone / files;
}

function tenthOf(share: number): number {
  return Math.max(1, Math.ceil(share * 10));
}

function memoryOfPart(samples: readonly MemorySample[]): MemoryOfPart {
  const sorted = samples.map(({ rssBytes }) => rssBytes / 1e6).toSorted((a, b) => a - b);
  return {
    endSeconds: (samples.at(-1)?.ms ?? 0) / 1_000,
    medianMB: sorted[sorted.length >> 1] ?? Number.NaN,
    highestMB: sorted.at(-1) ?? Number.NaN,
  };
}

function highestMB(samples: readonly MemorySample[]): number {
  return samples.reduce((highest, { rssBytes }) => Math.max(highest, rssBytes / 1e6), 0);
}

/** Of the line of least squares. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = mean(points.map(([x]) => x));
  const meanY = mean(points.map(([, y]) => y));
  let [covariance, variance] = [0, 0];
  for (const [x, y] of points) {
    covariance += (x - meanX) * (y - meanY);
    variance += (x - meanX) ** 2;
  }
  return covariance / variance;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
