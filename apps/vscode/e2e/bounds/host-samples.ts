import { readFileSync } from "node:fs";

/** What the probe has written of an extension host, for a tenth of a second. */
export interface HostSample {
  readonly pid: number;
  /** Milliseconds since 1970, at its end. */
  readonly at: number;
  readonly rssBytes: number;
  /** By how much the timers of that time came too late: for so long the event loop was busy with something else. */
  readonly delaysMs: readonly number[];
  /** Milliseconds of loading and `activate()` of the extension, once they are over. */
  readonly activationMs?: number;
}

export function readSamples(file: string): HostSample[] {
  // The last line may be under way.
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as HostSample);
}
