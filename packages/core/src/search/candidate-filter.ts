import { languageNames, languageOf, PLAIN_TEXT } from "../chunk/languages.ts";
import { resonaError } from "../errors.ts";
import type { CandidateFilter, FileReader } from "../store/store.ts";
import { pathMatcher } from "./path-globs.ts";

/** What the user restricts a search to; absent or empty lists restrict nothing. */
export interface CandidateScope {
  /** As for {@link pathMatcher}. */
  readonly pathGlobs?: readonly string[];
  /** Names of the language table or file extensions, in any case. */
  readonly languages?: readonly string[];
}

/**
 * Turns a scope into what the store can filter by. Globs are matched here, against the paths that the index holds,
 * because no index of the store answers them.
 *
 * @returns undefined when no indexed file is in the scope.
 * @throws ResonaError `OPTION_INVALID` for an unusable glob or an unknown language.
 */
export async function candidateFilter(
  reader: Pick<FileReader, "paths">,
  { pathGlobs = [], languages = [] }: CandidateScope,
): Promise<CandidateFilter | undefined> {
  const byLanguage = languages.length > 0 ? { languages: languages.map(knownLanguage) } : {};
  if (pathGlobs.length === 0) return byLanguage;
  const matches = pathMatcher(pathGlobs);
  const baseIds: string[] = [];
  const excludedBaseIds: string[] = [];
  for await (const batch of reader.paths())
    for (const path of batch) (matches(path) ? baseIds : excludedBaseIds).push(path);
  if (baseIds.length === 0) return undefined;
  // The store looks at every path that it is given; the shorter list says the same.
  return { ...byLanguage, ...(baseIds.length <= excludedBaseIds.length ? { baseIds } : { excludedBaseIds }) };
}

/** A misspelt language would find nothing and not say why. */
function knownLanguage(name: string): string {
  const language = name.toLowerCase();
  const known: readonly string[] = [...languageNames, PLAIN_TEXT];
  if (known.includes(language)) return language;
  const byExtension = languageOf(`name.${language}`);
  if (byExtension !== PLAIN_TEXT) return byExtension;
  throw resonaError("OPTION_INVALID", {
    option: "language",
    detail: `must be one of ${known.join(", ")}, not ${JSON.stringify(name)}`,
  });
}
