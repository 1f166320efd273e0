import type { TokenSink } from "./token-sink.ts";
import { continuationHash, extendHash, lowerUnit, wordHash } from "./vocabulary.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** `tokenizer.ggml.model` of the files that this tokenizer is for. */
export const IDENTIFIER_WORDPIECE = "identifier-wordpiece";

/**
 * Splits text the way identifiers are written, then words into pieces.
 *
 * Words are the matches of `[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]|<other letters>`, lower-cased: the parts
 * of camelCase, snake_case and ACRONYMWords, single digits, and runs of letters outside A–Z. Everything else is
 * dropped. A word that is a token is that token. Otherwise it is cut from the left into the longest pieces that are
 * tokens, at most 24 characters each and written with `##` except at the word's start; a character that no piece
 * begins with is skipped. A word of more than 64 characters is not cut but dropped.
 *
 * The words are found by one pass over the character codes instead of the expression, which would cost a string
 * for each word; the tests hold both against each other. Characters are code points.
 */
export class IdentifierWordpiece {
  readonly #vocabulary: Vocabulary;
  /** For each length that the next piece might have: where it would end, and its hash. */
  readonly #ends = new Uint32Array(MAX_PIECE_CHARACTERS);
  readonly #hashes = new Int32Array(MAX_PIECE_CHARACTERS);

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /** Hands the tokens of `text` to `sink`, in order. Unknown text is skipped: any string is accepted. */
  tokenize(text: string, sink: TokenSink): void {
    let at = 0;
    while (at < text.length) {
      const kind = kindAt(text, at);
      if (kind === OTHER) {
        at++;
      } else if (kind === BEYOND_ASCII) {
        const end = endOfKind(text, at + 1, BEYOND_ASCII);
        this.#addOtherLetters(text.slice(at, end), sink);
        at = end;
      } else {
        const end = kind === DIGIT ? at + 1 : endOfWord(text, at, kind);
        this.#addWord(text, at, end, sink);
        at = end;
      }
    }
  }

  #addOtherLetters(run: string, sink: TokenSink): void {
    for (const [letters] of run.matchAll(otherLetters)) {
      const word = letters.toLowerCase();
      this.#addWord(word, 0, word.length, sink);
    }
  }

  #addWord(text: string, start: number, end: number, sink: TokenSink): void {
    let hash = wordHash;
    for (let at = start; at < end; at++) hash = extendHash(hash, lowerUnit(text.charCodeAt(at)));
    const token = this.#vocabulary.find(text, start, end, false, hash);
    if (token >= 0) sink.add(token);
    else if (!isLongerThan(text, start, end, MAX_CUT_CHARACTERS)) this.#addPieces(text, start, end, sink);
  }

  #addPieces(text: string, start: number, end: number, sink: TokenSink): void {
    for (let at = start; at < end;) {
      const continuation = at > start;
      const candidates = this.#hashCandidates(text, at, end, continuation ? continuationHash : wordHash);
      let token = -1;
      let candidate = candidates;
      while (token < 0 && candidate > 0) {
        candidate--;
        token = this.#vocabulary.find(text, at, this.#ends[candidate]!, continuation, this.#hashes[candidate]!);
      }
      if (token >= 0) sink.add(token);
      // With no piece found, `candidate` is the shortest: the one character that is skipped.
      at = this.#ends[candidate]!;
    }
  }

  /** Fills `#ends` and `#hashes` with the pieces that may begin at `at`, shortest first; how many there are. */
  #hashCandidates(text: string, at: number, end: number, seed: number): number {
    let hash = seed;
    let count = 0;
    let next = at;
    while (next < end && count < MAX_PIECE_CHARACTERS) {
      const stop = next + unitsOfCharacter(text, next, end);
      while (next < stop) hash = extendHash(hash, lowerUnit(text.charCodeAt(next++)));
      this.#ends[count] = stop;
      this.#hashes[count] = hash;
      count++;
    }
    return count;
  }
}

const MAX_PIECE_CHARACTERS = 24;
const MAX_CUT_CHARACTERS = 64;

/** Runs of what Unicode calls letters, letter-like numbers and other numbers, as the model was trained with. */
const otherLetters = /[\p{L}\p{Nl}\p{No}]+/gu;

const OTHER = 0;
const LOWER = 1;
const UPPER = 2;
const DIGIT = 3;
const BEYOND_ASCII = 4;
type Kind = 0 | 1 | 2 | 3 | 4;

function kindAt(text: string, at: number): Kind {
  const unit = text.charCodeAt(at);
  if (unit >= 0x61 && unit <= 0x7a) return LOWER;
  if (unit >= 0x41 && unit <= 0x5a) return UPPER;
  if (unit >= 0x30 && unit <= 0x39) return DIGIT;
  return unit >= 0x80 ? BEYOND_ASCII : OTHER;
}

/** The end of the word of ASCII letters that begins at `start`. */
function endOfWord(text: string, start: number, kind: Kind): number {
  const end = endOfKind(text, start + 1, kind);
  if (kind === LOWER || end === text.length || kindAt(text, end) !== LOWER) return end;
  // Capitals before small letters: the last capital begins the next word ("HTTPServer"), unless it is the only one.
  return end - start > 1 ? end - 1 : endOfKind(text, end, LOWER);
}

function endOfKind(text: string, start: number, kind: Kind): number {
  let end = start;
  while (end < text.length && kindAt(text, end) === kind) end++;
  return end;
}

function isLongerThan(text: string, start: number, end: number, characters: number): boolean {
  let count = 0;
  for (let at = start; at < end && count <= characters; count++) at += unitsOfCharacter(text, at, end);
  return count > characters;
}

/** 2 for a surrogate pair, else 1. */
function unitsOfCharacter(text: string, at: number, end: number): 1 | 2 {
  return at + 1 < end && (text.charCodeAt(at) & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00
    ? 2
    : 1;
}
