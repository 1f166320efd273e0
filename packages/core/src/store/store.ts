import type { Chunk } from "../model/chunk.ts";
import type { FileRecord } from "../model/file-record.ts";

/** A chunk ready to be stored: its place, its words for the full-text index, its vector. */
export interface EmbeddedChunk extends Chunk {
  /** Space-separated index terms (`text/identifier-terms.ts`). */
  readonly terms: string;
  readonly vector: Float32Array;
  /** Names the content that the vector was made of, the same wherever it is; absent if the vector depends on the place. */
  readonly vectorKey?: string;
}

/** All chunks of one source: a file, or an item. */
export interface EmbeddedSource {
  /** Path of the file, or id of the item. */
  readonly baseId: string;
  /** 32 hexadecimal digits. */
  readonly textHash: string;
  /** Empty for items. */
  readonly language: string;
  readonly chunks: readonly EmbeddedChunk[];
  /** JSON; items only. */
  readonly metadata?: string;
}

/** A file with all of its chunks (none for a skipped or failed one). */
export interface FileReplacement {
  readonly file: FileRecord;
  readonly chunks: readonly EmbeddedChunk[];
  /** How many chunks of the path the index holds; undefined for a path that it does not know. */
  readonly previousChunks: number | undefined;
}

/** Whole files only; written together in a handful of LanceDB commits. */
export interface CommitBatch {
  readonly replaced: readonly FileReplacement[];
  /** Known files whose content is the same and whose size, time or reason is not. */
  readonly refreshed: readonly FileRecord[];
  /** Paths that no longer exist. */
  readonly removed: readonly string[];
}

/** Whole items only; written together in two LanceDB commits at most. */
export interface ItemBatch {
  /** Each with a chunk at least, and no base id twice. */
  readonly written: readonly {
    readonly source: EmbeddedSource;
    /** Whether the index may hold records of it. */
    readonly isKnown: boolean;
  }[];
  /** Base ids whose records go. */
  readonly removed: readonly string[];
}

/** The last commit of a file, in hexadecimal; undefined if none is known. */
export interface FileCommit {
  readonly path: string;
  readonly commit: string | undefined;
}

export interface StoredFileCommit extends FileCommit {
  /** Only indexed files have one. */
  readonly isIndexed: boolean;
}

/** A stored chunk that may answer a query. */
export interface CandidateChunk {
  readonly id: string;
  /** Path of its file, or id of its item. */
  readonly baseId: string;
  readonly language: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly kind: string;
  readonly symbols: readonly string[];
  readonly text: string;
  /** Number of chunks that the file or item has. */
  readonly chunkCount: number;
  /** JSON; items only. */
  readonly metadata?: string;
  /** BM25 score; absent when the chunk was found by its vector only. */
  readonly lexicalScore?: number;
  readonly vector: Float32Array;
}

/** One word of a lexical query; a chunk's score is the weighted sum over the words it has. */
export interface LexicalTerm {
  readonly term: string;
  readonly weight: number;
}

/** Restricts candidates; absent fields restrict nothing. */
export interface CandidateFilter {
  readonly languages?: readonly string[];
  readonly baseIds?: readonly string[];
  readonly excludedBaseIds?: readonly string[];
}

/** What a search asks of the chunks; needs no lock. */
export interface ChunkReader {
  /** The best chunks by BM25 over the `terms` column. */
  searchTerms(terms: readonly LexicalTerm[], limit: number, filter?: CandidateFilter): Promise<CandidateChunk[]>;
  /** The nearest chunks by cosine. */
  searchVector(vector: Float32Array, limit: number, filter?: CandidateFilter): Promise<CandidateChunk[]>;
}

/** What indexing asks of the chunks that are stored. */
export interface VectorReader {
  /** Vectors by the keys they were stored with; those that are not stored are missing. */
  vectorsOf(keys: readonly string[]): Promise<ReadonlyMap<string, Float32Array>>;
}

/** What a search asks of an index of files. */
export interface FileReader extends ChunkReader {
  /** Paths of all indexed files, in batches. */
  paths(): AsyncIterable<readonly string[]>;
}
