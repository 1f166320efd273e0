import type { IndexDescription, StorageStats } from "./index-summary.ts";
import type { RunEvent } from "./progress.ts";

/** What an application puts into an index: a note, a message, a paragraph of a law. */
export interface Item {
  /** Not empty, at most 1,024 bytes of UTF-8, without unpaired surrogates and NUL characters. Unique: a later item of the same id replaces an earlier one. */
  readonly id: string;
  /** At most 16,777,216 characters. Longer than a chunk, it is stored as several records, `id#0`, `id#1`, … */
  readonly text: string;
  /** Anything that JSON can hold; given back with every hit. A change of it counts as a change of the item. */
  readonly metadata?: unknown;
}

/** What a run of `embedBatch` did; never the data itself. */
export interface EmbedSummary {
  /** `interrupted`: stopped by its signal; everything committed stays and the next run continues. */
  readonly status: "completed" | "interrupted";
  readonly itemsRead: number;
  /** Stored already with the same text and metadata. */
  readonly itemsUnchanged: number;
  readonly itemsEmbedded: number;
  /** Items whose text is blank: nothing is stored of them, and what was stored before is removed. */
  readonly itemsEmpty: number;
  readonly itemsFailed: number;
  /** The first 100 of them. */
  readonly failures: readonly ItemFailure[];
  /** Records embedded and written. */
  readonly totalEmbeddings: number;
  /** Of these, how many were not embedded because a record of the same content had been. */
  readonly reusedEmbeddings: number;
  /** Commits. */
  readonly batchesProcessed: number;
  /** Records in the index now, from this run and those before it. */
  readonly collectionCount: number;
  /** Tokens that the embedding model reads of a record; absent for a model that reads all of it. */
  readonly maxTokens?: number;
  /** Records longer than that: their ends are found by their words only. */
  readonly truncatedChunks: number;
  /** Left out by an embedding service for their length: found by their words only. */
  readonly oversizedChunks: number;
  readonly durationMs: number;
  /** Highest resident memory seen, in bytes. */
  readonly peakRssBytes: number;
}

/** An item that was left out; the others were not. */
export interface ItemFailure {
  /** Its place in the input, from 1. */
  readonly position: number;
  /** As far as it has one. */
  readonly id?: string;
  readonly message: string;
}

/** What a run of `embedBatch` reports while it goes on. */
export type EmbedEvent = EmbedProgressEvent | ItemFailedEvent | RunEvent;

/** An item is no item, or cannot be embedded; what was stored under its id stays. */
export interface ItemFailedEvent {
  readonly type: "item-failed";
  readonly failure: ItemFailure;
  /** As it was given. */
  readonly item: unknown;
}

export interface EmbedProgressEvent {
  readonly type: "item-progress";
  readonly stage: "loading" | "embedding" | "optimizing";
  /** Records of the index compared so far, while its hashes are loaded. */
  readonly recordsLoaded: number;
  readonly itemsRead: number;
  readonly itemsEmbedded: number;
  readonly recordsWritten: number;
  /** Resident memory of this process in bytes. */
  readonly rssBytes: number;
}

/** One ranked answer: an item with the part of its text that answers best. */
export interface ItemHit {
  readonly id: string;
  /** Lines of the part within the item's text, 1-based, inclusive. */
  readonly startLine: number;
  readonly endLine: number;
  readonly text: string;
  /** As it was given. */
  readonly metadata?: unknown;
  /** Comparable within one result list only. */
  readonly score: number;
}

export interface ItemSearchResult {
  readonly query: string;
  readonly hits: readonly ItemHit[];
  /** False while no run has been completed: there may be better answers in items not embedded yet. */
  readonly indexComplete: boolean;
  /** Wall time of the search in milliseconds, without opening the index. */
  readonly durationMs: number;
}

/** The state of an index of items, measured and not changed. */
export interface ItemStats extends IndexDescription, StorageStats {
  readonly items: number;
}
