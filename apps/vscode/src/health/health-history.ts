/** What an index was like at one time. */
export interface HealthSample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly fragments: number;
  readonly versions: number;
  /** Whether maintenance has run since the sample before. */
  readonly maintained: boolean;
}

/** Samples of an index, oldest first. */
export type HealthHistory = readonly HealthSample[];

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The older samples are, the fewer are kept: one of each interval. Together no more than {@link MAX_SAMPLES}. */
const ages = [
  { upTo: HOUR, interval: MINUTE },
  { upTo: DAY, interval: 15 * MINUTE },
  { upTo: 90 * DAY, interval: DAY },
] as const;

/** Each age has an interval that begins before it and one that ends after it. */
export const MAX_SAMPLES: number = ages.reduce((sum, { upTo, interval }) => sum + upTo / interval + 1, 0);

/** The history with one more sample, which is newer than the others, or in place of those that a clock dates later. */
export function addSample(history: HealthHistory, sample: HealthSample): HealthHistory {
  const kept: HealthSample[] = [sample];
  let bucket = bucketOf(sample.at, sample.at);
  for (const older of history.toReversed()) {
    if (older.at > sample.at) continue;
    const olderBucket = bucketOf(older.at, sample.at);
    if (olderBucket === undefined) break;
    const newest = kept.at(-1);
    if (olderBucket !== bucket) kept.push(older);
    // The newest sample of an interval stands for all of it.
    else if (older.maintained && newest !== undefined) kept[kept.length - 1] = { ...newest, maintained: true };
    bucket = olderBucket;
  }
  return kept.toReversed();
}

/** The interval that a time falls into, by its age; undefined for what is too old to be kept. */
function bucketOf(at: number, now: number): string | undefined {
  const age = ages.find(({ upTo }) => now - at < upTo);
  return age === undefined ? undefined : `${age.interval} ${Math.floor(at / age.interval)}`;
}

/** What was stored, by this version or another; what cannot be understood is left out. */
export function parseHistory(stored: unknown): HealthHistory {
  if (!Array.isArray(stored)) return [];
  return stored
    .filter(isSample)
    .toSorted((a, b) => a.at - b.at)
    .slice(-MAX_SAMPLES);
}

function isSample(value: unknown): value is HealthSample {
  if (typeof value !== "object" || value === null) return false;
  const { at, fragments, versions, maintained } = value as Partial<Record<keyof HealthSample, unknown>>;
  return isCount(at) && isCount(fragments) && isCount(versions) && typeof maintained === "boolean";
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
