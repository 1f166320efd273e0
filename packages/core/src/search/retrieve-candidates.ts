import type { Embedder, OnNotice } from "../embed/embedder.ts";
import type { CandidateChunk, CandidateFilter, ChunkReader } from "../store/store.ts";
import type { ParsedQuery } from "./parse-query.ts";

/**
 * Chunks looked at by words and by meaning, whatever the number of hits asked for: features are scaled to the best
 * candidate, so another number would move hits. Twice as many change the ranking no more than chance does.
 */
const LEXICAL_CANDIDATES = 200;
const NEAREST_CANDIDATES = 100;

/** The stages that a search joins. */
export interface SearchStages {
  readonly reader: ChunkReader;
  readonly embedder: Embedder;
}

export interface Candidates {
  /** The query's; every candidate brings its own, so that all have an exact cosine, however they were found. */
  readonly vector: Float32Array;
  /** Without repeats. */
  readonly chunks: readonly CandidateChunk[];
}

/** Fetches the chunks that share words or meaning with the query, both at once. */
export async function retrieveCandidates(
  { text, terms }: ParsedQuery,
  { reader, embedder }: SearchStages,
  options: { readonly filter: CandidateFilter; readonly signal?: AbortSignal; readonly onEvent?: OnNotice },
): Promise<Candidates> {
  const { filter, signal, onEvent } = options;
  const nearest = async () => {
    const vector = await embedder.embedQuery(text, signal, onEvent);
    return { vector, found: await reader.searchVector(vector, NEAREST_CANDIDATES, filter) };
  };
  const [lexical, { vector, found }] = await Promise.all([
    reader.searchTerms(terms, LEXICAL_CANDIDATES, filter),
    nearest(),
  ]);
  const byId = new Map(found.map((chunk) => [chunk.id, chunk]));
  // Found by both, the lexical one is kept: it has a score.
  for (const chunk of lexical) byId.set(chunk.id, chunk);
  return { vector, chunks: [...byId.values()] };
}
