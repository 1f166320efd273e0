import { pathWords } from "./path-words.ts";
import { splitIdentifier, wordPattern } from "./split-identifier.ts";
import { stem } from "./stem.ts";

/** The full-text index silently drops terms of 40 bytes (UTF-8) and more. */
export const MAX_TERM_BYTES = 39;
/** Longer words are data, not language: encoded blobs, hashes, minified text. */
const LONGEST_WORD = 200;
const CACHED_WORDS = 50_000;
/** Words above this length are rare, and their number has no bound. */
const LONGEST_CACHED_WORD = 64;

/** What of a chunk is put into the full-text index. */
export interface TermSource {
  readonly path: string;
  readonly text: string;
  readonly symbols: readonly string[];
  readonly scope: readonly string[];
}

/**
 * The value of the `terms` column: space-separated terms, each as often as it occurs, because the ranking needs the
 * frequency. They are the stemmed parts of all words, `=whole` for each compound identifier, `def:name` for each
 * defined name with its parts once more, the words of the path (those of the file name twice) and of the scope.
 */
export function documentTerms({ path, text, symbols, scope }: TermSource): string {
  const terms: string[] = [];
  for (const word of text.match(wordPattern) ?? []) pushWord(terms, word);
  for (const symbol of symbols) {
    // A name with a space is a heading: it says what the text is about and defines nothing.
    if (!/\s/.test(symbol)) terms.push(definitionTerm(symbol));
    for (const word of symbol.match(wordPattern) ?? []) terms.push(...wordParts(word));
  }
  for (const name of scope) for (const word of name.match(wordPattern) ?? []) terms.push(...wordParts(word));
  const { stem: stemWords, directories } = pathWords(path);
  terms.push(...stemWords, ...stemWords, ...directories);
  return terms.join(" ");
}

/** Stemmed parts of one word as matched by `wordPattern`, each short enough for the index. */
export function wordParts(word: string): string[] {
  return word.length > LONGEST_WORD ? [] : splitIdentifier(word).map((part) => fitted(stem(part)));
}

/** The term that finds an identifier as a whole; undefined for a word of a single part. */
export function wholeTerm(word: string): string | undefined {
  return word.length <= LONGEST_WORD && splitIdentifier(word).length > 1 ? fitted(`=${word.toLowerCase()}`) : undefined;
}

/** The term that finds where a name is defined, whatever qualifies it: `Foo::bar` and `bar` give `def:bar`. */
export function definitionTerm(name: string): string {
  return fitted(`def:${definedName(name).toLowerCase()}`);
}

/** The last word of a qualified name; an operator as it is. */
export function definedName(name: string): string {
  return name.match(wordPattern)?.findLast((word) => /[^_$]/.test(word)) ?? name;
}

/** Words repeat within and across files; what they expand to is looked up, not computed again. */
const expansions = new Map<string, string>();

function pushWord(terms: string[], word: string): void {
  let expansion = expansions.get(word);
  if (expansion === undefined) {
    // A word cut from a file's text keeps the whole text in memory; a copy does not.
    const copy = Buffer.from(word).toString();
    expansion = expand(copy);
    if (word.length <= LONGEST_CACHED_WORD) remember(copy, expansion);
  }
  if (expansion !== "") terms.push(expansion);
}

function expand(word: string): string {
  const parts = wordParts(word);
  return parts.length > 1 ? [fitted(`=${word.toLowerCase()}`), ...parts].join(" ") : parts.join("");
}

function remember(word: string, expansion: string): void {
  if (expansions.size >= CACHED_WORDS) expansions.clear();
  expansions.set(word, expansion);
}

/** Cut, not dropped: documents and queries are cut alike, so that very long names still meet. */
function fitted(term: string): string {
  // No character takes more than three bytes per UTF-16 unit.
  if (term.length * 3 <= MAX_TERM_BYTES) return term;
  let bytes = 0;
  let end = 0;
  for (const character of term) {
    bytes += Buffer.byteLength(character);
    if (bytes > MAX_TERM_BYTES) return term.slice(0, end);
    end += character.length;
  }
  return term;
}
