import type { NoticeEvent } from "../model/progress.ts";
import type { SearchHit, SearchResult } from "../model/search-hit.ts";
import type { FileReader } from "../store/store.ts";
import { definedName } from "../text/identifier-terms.ts";
import { type CandidateScope, candidateFilter } from "./candidate-filter.ts";
import { checkedLimit } from "./checked-limit.ts";
import { type ParsedQuery, parseQuery } from "./parse-query.ts";
import { type RankedFile, rankFiles } from "./rank.ts";
import { type Candidates, type SearchStages, retrieveCandidates } from "./retrieve-candidates.ts";
import { snippetOf } from "./snippet.ts";

export interface SearchOptions extends CandidateScope {
  /** Most hits to return, 1 to 100; 10 by default. The ranking does not depend on it. */
  readonly limit?: number;
  /** Adds to each hit how its score came about. */
  readonly explain?: boolean;
  readonly signal?: AbortSignal;
  /** Told while an embedding service keeps the search waiting. */
  readonly onEvent?: (event: NoticeEvent) => void;
}

/**
 * Finds the files that answer a query, best first, one hit per file.
 *
 * @throws ResonaError `QUERY_EMPTY`, `QUERY_TOO_LONG`, `OPTION_INVALID`; the signal's reason when it is aborted.
 */
export async function searchWorkspace(
  query: string,
  stages: SearchStages & { readonly reader: FileReader },
  options: SearchOptions = {},
): Promise<Omit<SearchResult, "indexComplete">> {
  const startedAt = performance.now();
  const limit = checkedLimit(options.limit);
  const parsed = parseQuery(query);
  const filter = await candidateFilter(stages.reader, options);
  const { vector, chunks } = filter ? await retrieveCandidates(parsed, stages, { ...options, filter }) : nothing;
  options.signal?.throwIfAborted();
  const files = rankFiles(parsed, vector, chunks).slice(0, limit);
  const hits = files.map((file) => toHit(file, parsed, options.explain ?? false));
  return { query, hits, durationMs: performance.now() - startedAt };
}

const nothing: Candidates = { vector: new Float32Array(), chunks: [] };

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
