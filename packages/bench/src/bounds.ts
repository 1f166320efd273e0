/** A promise, in the unit of its measurement; a measurement above it is reported as such. */
interface Bound {
  readonly name: string;
  readonly unit: "ms" | "MB" | "ratio" | "count";
  readonly bound: number;
}

export type BoundName =
  | "coldIndex"
  | "unchanged"
  | "touched"
  | "peakRss"
  | "peakRssLarge"
  | "rssGrowth"
  | "versions"
  | "coldSearch"
  | "queryP50"
  | "queryP95";

export type Measurements = Record<BoundName, number>;

export const bounds: Readonly<Record<BoundName, Bound>> = {
  coldIndex: { name: "cold index of 4,000 files, process start to exit", unit: "ms", bound: 10_000 },
  unchanged: { name: "re-index with nothing changed", unit: "ms", bound: 1_000 },
  touched: { name: "re-index after 10 files changed", unit: "ms", bound: 2_000 },
  peakRss: { name: "peak memory of the cold index, 4,000 files", unit: "MB", bound: 600 },
  peakRssLarge: { name: "peak memory of the cold index, 40,000 files", unit: "MB", bound: 600 },
  rssGrowth: { name: "peak memory at 40,000 files over 4,000", unit: "ratio", bound: 1.2 },
  versions: { name: "LanceDB versions after a cold index of 4,000 files", unit: "count", bound: 40 },
  coldSearch: { name: "search in a new process, index current", unit: "ms", bound: 1_500 },
  queryP50: { name: "query in a warm process at 50,000 chunks, p50", unit: "ms", bound: 25 },
  queryP95: { name: "query in a warm process at 50,000 chunks, p95", unit: "ms", bound: 60 },
};
