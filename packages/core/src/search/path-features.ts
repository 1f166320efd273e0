import type { PathWords } from "../text/path-words.ts";

/** Share of the query's weight whose words the file's name has. 0 to 1. */
export function nameCoverage({ stem }: PathWords, words: ReadonlyMap<string, number>): number {
  let covered = 0;
  let total = 0;
  for (const [word, weight] of words) {
    total += weight;
    if (stem.some((part) => sameWord(part, word))) covered += weight;
  }
  return total > 0 ? covered / total : 0;
}

/** Share of the words of the file's name that the query has: 1 for `router.ts` in "how does the router match". */
export function nameAsked({ stem }: PathWords, words: ReadonlyMap<string, number>): number {
  const parts = [...new Set(stem)];
  if (parts.length === 0) return 0;
  const asked = parts.filter((part) => [...words.keys()].some((word) => sameWord(part, word)));
  return asked.length / parts.length;
}

/** Names are often cut short: `config` for configuration, `auth` for authentication. */
const SHORTEST_PREFIX = 3;

function sameWord(a: string, b: string): boolean {
  if (Math.min(a.length, b.length) < SHORTEST_PREFIX) return a === b;
  return a.startsWith(b) || b.startsWith(a);
}
