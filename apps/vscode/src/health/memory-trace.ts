/** Memory of a process during a run, as a line to be drawn. */
export interface MemoryTrace {
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds that a point stands for. */
  readonly interval: number;
  /** The most bytes seen in each interval since the start; an interval without a sample has what was seen before it. */
  readonly points: readonly number[];
}

/** As many as there are pixels to tell them apart. */
export const MAX_POINTS = 240;

const FIRST_INTERVAL = 250;

export function beginTrace(startedAt: number): MemoryTrace {
  return { startedAt, interval: FIRST_INTERVAL, points: [] };
}

/** The trace with one more sample, which is newer than the others; when it is full, a point stands for twice the time. */
export function addMemory(trace: MemoryTrace, at: number, bytes: number): MemoryTrace {
  const { startedAt } = trace;
  const elapsed = Math.max(0, at - startedAt);
  let { interval } = trace;
  let points = [...trace.points];
  while (Math.floor(elapsed / interval) >= MAX_POINTS) {
    points = pairwiseMaximum(points);
    interval *= 2;
  }
  const place = Math.max(Math.floor(elapsed / interval), points.length - 1);
  const last = points.at(-1) ?? bytes;
  while (points.length < place) points.push(last);
  points[place] = Math.max(points[place] ?? 0, bytes);
  return { startedAt, interval, points };
}

function pairwiseMaximum(points: readonly number[]): number[] {
  return Array.from({ length: Math.ceil(points.length / 2) }, (_, i) =>
    Math.max(points[2 * i] ?? 0, points[2 * i + 1] ?? 0),
  );
}
