import type { NoticeEvent } from "../model/progress.ts";

/** Text → vector, whatever does the work. Vectors are L2-normalised; an all-zero vector means "no known word". */
export interface Embedder {
  /** Changes whenever vectors could change; part of the index's fingerprint. */
  readonly modelId: string;
  /** What people call the model. */
  readonly modelName: string;
  readonly dimension: number;
  /**
   * Whether a document's vector depends on its path. If not, it belongs to the content wherever that is, and need not be
   * computed again after a move.
   */
  readonly readsPath: boolean;
  /** Tokens after which a text is cut off; `Infinity` for a model that reads all of any text. */
  readonly maxTokens: number;
  /** One vector per document, in order; undefined for one that is too long for the model. */
  embedDocuments(
    documents: readonly EmbeddingDocument[],
    signal?: AbortSignal,
    waiting?: Waiting,
  ): Promise<readonly (Float32Array | undefined)[]>;
  /** Somebody waits for it: what fails is not tried for long. */
  embedQuery(query: string, signal?: AbortSignal, onNotice?: OnNotice): Promise<Float32Array>;
  statistics(): EmbedderStatistics;
  close(): Promise<void>;
}

/** Told after some seconds, and then ever more rarely, what keeps the caller waiting. */
export type OnNotice = (notice: NoticeEvent) => void;

/** How a caller waits for an embedder that may not be there. */
export interface Waiting {
  /** What fails is not tried for long, because the caller knows what else to try; false by default. */
  readonly isBrief?: boolean;
  readonly onNotice?: OnNotice | undefined;
}

/** What an embedder has met so far. */
interface EmbedderStatistics {
  /** Documents longer than the model reads: their vectors say nothing of their ends. */
  readonly truncatedDocuments: number;
  /** Documents given back without a vector, because they are too long for the model. */
  readonly oversizedDocuments: number;
  /** Threads that crashed and were replaced, their work done by others. */
  readonly replacedThreads: number;
}

/** What of a chunk is embedded. */
export interface EmbeddingDocument {
  readonly path: string;
  readonly scope: readonly string[];
  readonly symbols: readonly string[];
  readonly text: string;
}
