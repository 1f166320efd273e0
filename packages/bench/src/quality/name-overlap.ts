import { basename } from "node:path";

import type { Question } from "./benchmark-data.ts";

/**
 * Whether a question shares a word with the name of a file that answers it. The benchmark was written around files, so
 * only the questions that do not tell how a search does where names say little.
 */
export function sharesNameWord({ query, targets }: Question): boolean {
  const asked = roughWords(query);
  return targets.some(({ path }) => {
    const name = basename(path).replace(/\.[^.]*$/, "");
    return [...roughWords(name)].some((word) => asked.has(word));
  });
}

/** Cut as the benchmark's own evaluator does, so that both select the same questions. */
function roughWords(text: string): Set<string> {
  const words = text.match(/[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+/g) ?? [];
  return new Set(
    words.map((word) => word.toLowerCase().replace(/(?:ing|ers?|ed|s)$/, "")).filter((word) => word.length > 2),
  );
}
