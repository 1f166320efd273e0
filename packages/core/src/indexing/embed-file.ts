import type { Embedder } from "../embed/embedder.ts";
import type { EmbeddedChunk } from "../store/store.ts";
import { documentTerms } from "../text/identifier-terms.ts";
import type { PreparedFile } from "./prepare-file.ts";

/** What is to be committed for one file. */
export interface EmbeddedFile extends PreparedFile {
  readonly chunks: readonly EmbeddedChunk[] | undefined;
}

/** Embeds the chunks of a file. Rejects with the reason of the signal once it is aborted, and when the embedder does. */
export async function embedFile(file: PreparedFile, embedder: Embedder, signal: AbortSignal): Promise<EmbeddedFile> {
  signal.throwIfAborted();
  const { record, chunks } = file;
  if (chunks === undefined) return { ...file, chunks };
  const { path } = record;
  const documents = chunks.map((chunk) => ({ ...chunk, path }));
  const vectors = await embedder.embedDocuments(documents, signal);
  const embedded = chunks.map((chunk, n) => {
    const vector = vectors[n];
    if (!vector) throw new RangeError(`The embedder gave ${vectors.length} vectors for ${chunks.length} chunks.`);
    return { ...chunk, terms: documentTerms({ ...chunk, path }), vector };
  });
  return { ...file, chunks: embedded };
}
