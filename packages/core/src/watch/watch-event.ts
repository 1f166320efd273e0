import type { IndexSummary } from "../model/index-summary.ts";
import type { IndexEvent } from "../model/progress.ts";

/** What watching reports: all that its runs report, and how they ended. */
export type WatchEvent = IndexEvent | WatchingEvent | IndexedEvent | IndexFailedEvent;

/** The index is current and kept so. Told after the first run, and whenever the means change. */
export interface WatchingEvent {
  readonly type: "watching";
  /** `polling`: changes cannot be watched (a notice has said why); the workspace is compared every `intervalMs`. */
  readonly by: "events" | "polling";
  /** Milliseconds between the comparisons that find what no event has told of. */
  readonly intervalMs: number;
}

/** A run has ended. */
export interface IndexedEvent {
  readonly type: "indexed";
  readonly summary: IndexSummary;
  /** Whether the run changed what can be found, or which files fail. */
  readonly changed: boolean;
}

/**
 * A run has failed, or maintenance between runs; the next change, comparison or pause tries again. Told once of failures
 * that are the same.
 */
export interface IndexFailedEvent {
  readonly type: "index-failed";
  /** A ResonaError unless it is a fault of Resona's. */
  readonly error: Error;
}
