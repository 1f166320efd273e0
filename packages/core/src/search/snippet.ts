import type { CandidateChunk } from "../store/store.ts";
import { definedName, wordParts } from "../text/identifier-terms.ts";
import { wordPattern } from "../text/split-identifier.ts";
import type { ParsedQuery } from "./parse-query.ts";

export const MAX_SNIPPET_LINES = 12;
/** Lines shown before the first that matches. */
const LEAD_LINES = 2;
/** A line that names what the query asks for by name, where the chunk defines it, counts like this many words. */
const DEFINITION_WEIGHT = 4;

export interface Snippet {
  /** 1-based, inclusive, in the file. */
  readonly startLine: number;
  readonly endLine: number;
  /** The lines joined by `\n`, without a line end after the last. */
  readonly text: string;
}

/** The lines of a chunk that show best why it answers the query; the whole chunk if it is short. */
export function snippetOf(
  chunk: Pick<CandidateChunk, "text" | "startLine" | "symbols">,
  query: Pick<ParsedQuery, "words" | "names">,
): Snippet {
  const lines = chunk.text.split("\n").map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  const first = lines.length > MAX_SNIPPET_LINES ? firstRow(lines, chunk.symbols, query) : 0;
  const range = withoutBlankEnds(lines, first, Math.min(first + MAX_SNIPPET_LINES, lines.length));
  return {
    startLine: chunk.startLine + range.first,
    endLine: chunk.startLine + range.end - 1,
    text: lines.slice(range.first, range.end).join("\n"),
  };
}

function firstRow(
  lines: readonly string[],
  symbols: readonly string[],
  { words, names }: Pick<ParsedQuery, "words" | "names">,
): number {
  const defined = new Set(symbols.map(definedName));
  const asked = new Set(names.filter((name) => defined.has(name)));
  const found = lines.map((line) => foundIn(line, words, asked));
  let best = { row: 0, worth: 0 };
  for (const [row, here] of found.entries()) {
    if (here.size === 0) continue;
    const worth = worthOf(found.slice(row, row + MAX_SNIPPET_LINES - LEAD_LINES));
    if (worth > best.worth) best = { row, worth };
  }
  return Math.max(0, Math.min(best.row - LEAD_LINES, lines.length - MAX_SNIPPET_LINES));
}

/** What of the query a line has, with weights. */
function foundIn(line: string, words: ReadonlyMap<string, number>, names: ReadonlySet<string>): Map<string, number> {
  const found = new Map<string, number>();
  for (const word of line.match(wordPattern) ?? []) {
    if (names.has(word)) found.set(`def:${word}`, DEFINITION_WEIGHT);
    for (const part of wordParts(word)) {
      const weight = words.get(part);
      if (weight !== undefined) found.set(part, weight);
    }
  }
  return found;
}

/** Different words count in full, their repetitions a little. */
function worthOf(found: readonly ReadonlyMap<string, number>[]): number {
  const distinct = new Map(found.flatMap((line) => [...line]));
  const total = (weights: Iterable<number>) => [...weights].reduce((sum, weight) => sum + weight, 0);
  return total(distinct.values()) + 0.1 * total(found.map((line) => total(line.values())));
}

function withoutBlankEnds(lines: readonly string[], from: number, to: number): { first: number; end: number } {
  let [first, end] = [from, to];
  while (first < end - 1 && lines[first]?.trim() === "") first++;
  while (end > first + 1 && lines[end - 1]?.trim() === "") end--;
  return { first, end };
}
