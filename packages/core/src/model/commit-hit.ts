import type { EmbedSummary } from "./item.ts";

/** One ranked answer from a workspace's history. */
export interface CommitHit {
  /** Hexadecimal. */
  readonly hash: string;
  readonly subject: string;
  readonly authorName: string;
  /** ISO 8601, by the author's clock. */
  readonly authoredAt: string;
  /** The first 20 of the indexed files that it touched. */
  readonly paths: readonly string[];
  /** How many indexed files it touched. */
  readonly pathCount: number;
  /** The part of the message that answers best. */
  readonly text: string;
  /** Comparable within one result list only. */
  readonly score: number;
}

export interface CommitSearchResult {
  readonly query: string;
  readonly hits: readonly CommitHit[];
  /** Wall time of the search in milliseconds, without opening the index. */
  readonly durationMs: number;
}

/** What a run over the history did: `current` if nothing was new; `reason` says why there is none to read. */
export type CommitSummary =
  | EmbedSummary
  | { readonly status: "current" }
  | { readonly status: "no-history"; readonly reason: string };
