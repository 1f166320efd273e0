import { resonaError } from "../errors.ts";
import type { SearchHit, SearchResult } from "../model/search-hit.ts";
import { definedName } from "../text/identifier-terms.ts";
import { type CandidateScope, candidateFilter } from "./candidate-filter.ts";
import { type ParsedQuery, parseQuery } from "./parse-query.ts";
import { type RankedFile, rankFiles } from "./rank.ts";
import { type Candidates, type SearchStages, retrieveCandidates } from "./retrieve-candidates.ts";
import { snippetOf } from "./snippet.ts";

const DEFAULT_SEARCH_LIMIT = 10;
const MAX_SEARCH_LIMIT = 100;

export interface SearchOptions extends CandidateScope {
  /** Most hits to return, 1 to 100; 10 by default. The ranking does not depend on it. */
  readonly limit?: number;
  /** Adds to each hit how its score came about. */
  readonly explain?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Finds the files that answer a query, best first, one hit per file.
 *
 * @throws ResonaError `QUERY_EMPTY`, `QUERY_TOO_LONG`, `OPTION_INVALID`; the signal's reason when it is aborted.
 */
export async function searchWorkspace(
  query: string,
  stages: SearchStages,
  options: SearchOptions = {},
): Promise<Omit<SearchResult, "indexComplete">> {
  const startedAt = performance.now();
  const limit = checkedLimit(options.limit ?? DEFAULT_SEARCH_LIMIT);
  const parsed = parseQuery(query);
  const filter = await candidateFilter(stages.reader, options);
  const { vector, chunks } = filter ? await retrieveCandidates(parsed, stages, { ...options, filter }) : nothing;
  options.signal?.throwIfAborted();
  const files = rankFiles(parsed, vector, chunks).slice(0, limit);
  const hits = files.map((file) => toHit(file, parsed, options.explain ?? false));
  return { query, hits, durationMs: performance.now() - startedAt };
}

const nothing: Candidates = { vector: new Float32Array(), chunks: [] };

function checkedLimit(limit: number): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX_SEARCH_LIMIT) return limit;
  throw resonaError("OPTION_INVALID", {
    option: "limit",
    detail: `must be a whole number from 1 to ${MAX_SEARCH_LIMIT}`,
  });
}

function toHit({ path, best, score, explanation }: RankedFile, query: ParsedQuery, explain: boolean): SearchHit {
  const { startLine, endLine, text } = snippetOf(best, query);
  return {
    path,
    startLine,
    endLine,
    language: best.language,
    symbols: best.symbols.filter((symbol) => text.includes(definedName(symbol))),
    snippet: text,
    score,
    ...(explain ? { explanation } : {}),
  };
}
