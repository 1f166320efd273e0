import { explainFailure } from "../failures/explain-failure.ts";
import { visible } from "../text/visible.ts";
import type { Wording } from "../text/wording.ts";
import { type Indexing, isBeingMade } from "./failure-row.ts";
import { type SearchAnswers, stillIndexing } from "./search-row.ts";

/** What the results are restricted to; empty lists restrict nothing. */
export interface ResultFilters {
  readonly pathGlobs: readonly string[];
  readonly languages: readonly string[];
}

/** Beside the name of the view. */
export function filtersText({ pathGlobs, languages }: ResultFilters): string {
  return visible([pathGlobs.join(", "), languages.join(", ")].filter((part) => part !== "").join(" • "));
}

/** Globs as they are typed, with commas between them. Those in braces are parts of one glob. */
export function globsOf(text: string): string[] {
  return text
    .split(/,(?![^{]*\})/u)
    .map((glob) => glob.trim())
    .filter((glob) => glob !== "");
}

/** What is said above the results. */
export function resultsText(
  { title, count, answers }: { readonly title: string; readonly count: number; readonly answers: SearchAnswers },
  state: Indexing,
  wording: Wording,
): string {
  const { l10n } = wording;
  const found =
    count === 0
      ? l10n.t("{0}: nothing found", title)
      : count === 1
        ? l10n.t("{0}: 1 result", title)
        : l10n.t("{0}: {1} results", title, count);
  const indexing = stillIndexing(answers, state, wording);
  const failures = answers.flatMap((answer) => {
    if (!("error" in answer)) return [];
    if (isBeingMade(answer, state)) return [l10n.t("{0} is being indexed.", answer.folder.name)];
    return [explainFailure(answer.error, answer.folder.id, l10n).message];
  });
  const summary = indexing === undefined ? found : `${found} (${indexing})`;
  return [summary, ...new Set(failures)].map(visible).join("\n");
}
