import type { SearchHit } from "@resona/core";

/** A line of a snippet. */
export interface BestLine {
  /** From 0. */
  readonly row: number;
  /** Without surrounding white space. */
  readonly text: string;
  /** Characters before that. */
  readonly indent: number;
}

const SHORTEST_WORD = 3;

/**
 * The line of a hit's snippet to show in its place and to go to: the one that has most of the query's words, long ones
 * counting more; where the answer has none of them, a line that defines something, or else the first with any text.
 */
export function bestLine({ snippet, symbols }: Pick<SearchHit, "snippet" | "symbols">, query: string): BestLine {
  const words = wordsOf(query);
  const names = symbols.map((symbol) => symbol.slice(Math.max(symbol.lastIndexOf("."), symbol.lastIndexOf(":")) + 1));
  const lines = snippet.split("\n").map((line, row) => {
    const text = line.trim();
    const lower = text.toLowerCase();
    const worth = words.reduce((sum, word) => sum + (lower.includes(word) ? word.length : 0), 0);
    const defines = names.some((name) => name !== "" && text.includes(name));
    return {
      row,
      text,
      indent: line.length - line.trimStart().length,
      order: [worth, +defines, +/[\p{L}\p{N}]/u.test(text)],
    };
  });
  const [first, ...others] = lines;
  if (first === undefined) return { row: 0, text: "", indent: 0 };
  const { row, text, indent } = others.reduce((best, line) => (isBetter(line.order, best.order) ? line : best), first);
  return { row, text, indent };
}

function isBetter(order: readonly number[], than: readonly number[]): boolean {
  const differing = order.findIndex((value, i) => value !== than[i]);
  return differing >= 0 && (order[differing] ?? 0) > (than[differing] ?? 0);
}

/** In lower case, with the parts of `camelCase` names apart, without repeats. */
function wordsOf(query: string): string[] {
  const words = query.replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, "$1 $2").match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...new Set(words.map((word) => word.toLowerCase()))].filter(({ length }) => length >= SHORTEST_WORD);
}
