import type { LexicalTerm } from "../store/store.ts";
import { definitionTerm, wholeTerm, wordParts } from "../text/identifier-terms.ts";
import { wordPattern } from "../text/split-identifier.ts";
import { checkQuery } from "./check-query.ts";
import { stopWords, weakWords } from "./query-vocabulary.ts";

/** Terms of one full-text query; each costs time, and words beyond the first dozens change no ranking. */
export const MAX_LEXICAL_TERMS = 64;

const WEAK_WEIGHT = 0.3;

/** What a query asks for, in the forms that retrieval and ranking need. */
export interface ParsedQuery {
  /** `name`: nothing but an identifier, possibly qualified. */
  readonly kind: "name" | "words";
  /** Without surrounding white space; what is embedded. */
  readonly text: string;
  /** Stemmed words that carry meaning, with their weights from above 0 to 1; in order, without repeats. */
  readonly words: ReadonlyMap<string, number>;
  /** Names that the query gives as names, as written: where they are defined is a likely answer. */
  readonly names: readonly string[];
  /** The full-text query: the words, the names as a whole and their definitions; bounded. */
  readonly terms: readonly LexicalTerm[];
}

/**
 * Reads a query as code (`Router.addRoute`) or as language (`how are routes added`). In language, words that say
 * nothing are dropped and names written as in code are recognised.
 *
 * @throws ResonaError `QUERY_EMPTY`, `QUERY_TOO_LONG`.
 */
export function parseQuery(query: string): ParsedQuery {
  const text = checkQuery(query);
  const isCode = codePattern.test(text);
  const all = [...text.matchAll(wordPattern)].map(({ 0: word, index: at }) => ({ word, at }));
  const meaningful = isCode ? all : all.filter(({ word }) => !stopWords.has(word.toLowerCase()));
  // "what is it" still asks for something, if only for these words.
  const kept = meaningful.length > 0 ? meaningful : all;
  const named = isCode ? kept.slice(-1) : kept.filter(({ word, at }) => isName(word, text, at));

  const tokens = kept.map(({ word }) => word);
  const names = [...new Set(named.map(({ word }) => word))];
  const words = weighedWords(tokens);
  return { kind: isCode ? "name" : "words", text, words, names, terms: lexicalTerms(words, tokens, names) };
}

/** One identifier, possibly qualified or called, and nothing else. */
const codePattern = /^[~@#]?[\p{L}\p{N}_$]+(?:(?:::|->|[.#\\/])[\p{L}\p{N}_$]+)*[?!]?(?:\(\))?$/u;

/** Written as only names are: `camelCase`, `snake_case`, `Capitalised`, `call()`, or quoted with back-ticks. */
function isName(word: string, text: string, at: number): boolean {
  return /^\p{Lu}|[\p{Ll}\p{N}]\p{Lu}|[_$]/u.test(word) || text[at + word.length] === "(" || text[at - 1] === "`";
}

function weighedWords(tokens: readonly string[]): Map<string, number> {
  const words = new Map<string, number>();
  for (const token of tokens)
    for (const part of wordParts(token)) words.set(part, Math.max(words.get(part) ?? 0, weightOf(token)));
  return words;
}

function weightOf(token: string): number {
  return weakWords.has(token.toLowerCase()) ? WEAK_WEIGHT : 1;
}

function lexicalTerms(
  words: ReadonlyMap<string, number>,
  tokens: readonly string[],
  names: readonly string[],
): LexicalTerm[] {
  const wholes = tokens.map(wholeTerm).filter((term) => term !== undefined);
  const exact = new Set([...wholes, ...names.map(definitionTerm)]);
  return [...words, ...[...exact].map((term) => [term, 1] as const)]
    .map(([term, weight]) => ({ term, weight }))
    .toSorted((a, b) => b.weight - a.weight)
    .slice(0, MAX_LEXICAL_TERMS);
}
