import type { ItemHit, ItemSearchResult } from "../model/item.ts";
import type { NoticeEvent } from "../model/progress.ts";
import type { CandidateChunk } from "../store/store.ts";
import { checkedLimit } from "./checked-limit.ts";
import { dot } from "./dot.ts";
import { parseQuery } from "./parse-query.ts";
import { type SearchStages, retrieveCandidates } from "./retrieve-candidates.ts";

/** Meaning counts twice as much as words, as in the ranking of files (`rank.ts`). */
const MEANING_WEIGHT = 2;

export interface ItemSearchOptions {
  /** Most hits to return, 1 to 100; 10 by default. The ranking does not depend on it. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
  /** Told while an embedding service keeps the search waiting. */
  readonly onEvent?: (event: NoticeEvent) => void;
}

/**
 * Finds the items that answer a query, best first, one hit per item: each is as good as its best chunk, whose words
 * (BM25) and meaning (cosine) are measured against the best candidate's.
 *
 * @throws ResonaError `QUERY_EMPTY`, `QUERY_TOO_LONG`, `OPTION_INVALID`; the signal's reason when it is aborted.
 */
export async function searchItems(
  query: string,
  stages: SearchStages,
  options: ItemSearchOptions = {},
): Promise<Omit<ItemSearchResult, "indexComplete">> {
  const startedAt = performance.now();
  const limit = checkedLimit(options.limit);
  const { vector, chunks } = await retrieveCandidates(parseQuery(query), stages, { ...options, filter: {} });
  options.signal?.throwIfAborted();
  const hits = rankItems(vector, chunks).slice(0, limit);
  return { query, hits, durationMs: performance.now() - startedAt };
}

function rankItems(queryVector: Float32Array, chunks: readonly CandidateChunk[]): ItemHit[] {
  const weighed = chunks.map((chunk) => ({
    chunk,
    lexical: chunk.lexicalScore ?? 0,
    cosine: Math.max(0, dot(chunk.vector, queryVector)),
  }));
  const mostLexical = Math.max(...weighed.map(({ lexical }) => lexical)) || 1;
  const mostCosine = Math.max(...weighed.map(({ cosine }) => cosine)) || 1;
  const best = new Map<string, ItemHit>();
  for (const { chunk, lexical, cosine } of weighed) {
    const score = lexical / mostLexical + (MEANING_WEIGHT * cosine) / mostCosine;
    if (score > (best.get(chunk.baseId)?.score ?? 0)) best.set(chunk.baseId, toHit(chunk, score));
  }
  return [...best.values()].toSorted((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
}

function toHit({ baseId, startLine, endLine, text, metadata }: CandidateChunk, score: number): ItemHit {
  const given = metadata === undefined ? {} : { metadata: JSON.parse(metadata) as unknown };
  return { id: baseId, startLine, endLine, text, ...given, score };
}
