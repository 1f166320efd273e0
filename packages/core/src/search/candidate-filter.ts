import type { CandidateFilter, ChunkReader } from "../store/store.ts";
import { pathMatcher } from "./path-globs.ts";

/** What the user restricts a search to; absent or empty lists restrict nothing. */
export interface CandidateScope {
  /** As for {@link pathMatcher}. */
  readonly pathGlobs?: readonly string[];
  /** Names of the language table, in any case. */
  readonly languages?: readonly string[];
}

/**
 * Turns a scope into what the store can filter by. Globs are matched here, against the paths that the index holds,
 * because no index of the store answers them.
 *
 * @returns undefined when no indexed file is in the scope.
 * @throws ResonaError `OPTION_INVALID` for an unusable glob.
 */
export async function candidateFilter(
  reader: Pick<ChunkReader, "paths">,
  { pathGlobs = [], languages = [] }: CandidateScope,
): Promise<CandidateFilter | undefined> {
  const byLanguage = languages.length > 0 ? { languages: languages.map((name) => name.toLowerCase()) } : {};
  if (pathGlobs.length === 0) return byLanguage;
  const matches = pathMatcher(pathGlobs);
  const paths: string[] = [];
  let others = false;
  for await (const batch of reader.paths())
    for (const path of batch) {
      if (matches(path)) paths.push(path);
      else others = true;
    }
  if (paths.length === 0) return undefined;
  return others ? { ...byLanguage, paths } : byLanguage;
}
