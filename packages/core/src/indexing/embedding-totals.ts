import type { Embedder } from "../embed/embedder.ts";
import type { RunEvent } from "../model/progress.ts";

/** What a run says of its embedder. */
export interface EmbeddingTotals {
  /** Tokens that the model reads of a chunk; absent for a model that reads all of it. */
  readonly maxTokens?: number;
  /** Chunks longer than that. */
  readonly truncatedChunks: number;
  /** Chunks that the model refused for their length. */
  readonly oversizedChunks: number;
}

/** Counts what the embedder met since `before`, and gives a notice of threads that crashed. */
export function embeddingTotals(
  embedder: Embedder,
  before: ReturnType<Embedder["statistics"]>,
  onEvent: (event: RunEvent) => void,
): EmbeddingTotals {
  const { truncatedDocuments, oversizedDocuments, replacedThreads } = embedder.statistics();
  const replaced = replacedThreads - before.replacedThreads;
  if (replaced > 0) {
    const threads =
      replaced === 1
        ? "1 crashed thread of the embedding model was"
        : `${replaced} crashed threads of the embedding model were`;
    onEvent({ type: "notice", code: "MODEL_THREADS_REPLACED", message: `${threads} replaced.` });
  }
  return {
    ...(Number.isFinite(embedder.maxTokens) ? { maxTokens: embedder.maxTokens } : {}),
    truncatedChunks: truncatedDocuments - before.truncatedDocuments,
    oversizedChunks: oversizedDocuments - before.oversizedDocuments,
  };
}
