import { limits } from "../gguf/limits.ts";

/**
 * The tokens of a model and a hash table over them that is searched with a piece of a text *in place*: looking up
 * a word costs no string, no slice and no cache, and 30,000 tokens take 1 MB outside the JavaScript heap.
 *
 * Look-ups ignore the case of A–Z in the text (the tokens themselves are compared as they are), so that the
 * text need not be lower-cased first.
 */
export class Vocabulary {
  /** UTF-16 units of all tokens, one after the other. */
  readonly #units: Uint16Array;
  /** Token t is #units[#starts[t] .. #starts[t + 1]]. */
  readonly #starts: Uint32Array;
  /** Open addressing with linear probing: token + 1, or 0 where nothing is. At most a quarter is used. */
  readonly #slots: Uint32Array;
  readonly #mask: number;
  #size = 0;

  /** Room for `tokens` tokens of `units` UTF-16 units in all. */
  constructor(tokens: number, units: number) {
    this.#units = new Uint16Array(units);
    this.#starts = new Uint32Array(tokens + 1);
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(tokens, 1) * 4)));
    this.#mask = this.#slots.length - 1;
  }

  /** Tokens added so far. */
  get size(): number {
    return this.#size;
  }

  get byteLength(): number {
    return this.#units.byteLength + this.#starts.byteLength + this.#slots.byteLength;
  }

  /**
   * Adds the next token; of two equal ones the later is found.
   * False when the table would degenerate because too many tokens collide; the vocabulary is of no use then.
   */
  add(token: string): boolean {
    const id = this.#size++;
    const start = this.#starts[id]!;
    let hash = wordHash;
    for (let i = 0; i < token.length; i++) {
      const unit = token.charCodeAt(i);
      this.#units[start + i] = unit;
      hash = extendHash(hash, unit);
    }
    this.#starts[id + 1] = start + token.length;
    let slot = finishHash(hash) & this.#mask;
    for (let probes = 0; probes < limits.vocabularyProbes; probes++) {
      const found = this.#slots[slot]!;
      if (found === 0 || this.#equals(found - 1, token)) {
        this.#slots[slot] = id + 1;
        return true;
      }
      slot = (slot + 1) & this.#mask;
    }
    return false;
  }

  /**
   * The token that equals text[start, end), or -1. With `continuation`, the token that equals "##" and that.
   * `hash` must be that of the same units: `wordHash` or `continuationHash`, extended by each unit of the text,
   * A–Z lower-cased.
   */
  find(text: string, start: number, end: number, continuation: boolean, hash: number): number {
    const units = this.#units;
    const prefix = continuation ? 2 : 0;
    let slot = finishHash(hash) & this.#mask;
    // No token lies farther from its place than that: `add` saw to it.
    for (let probes = 0; probes < limits.vocabularyProbes; probes++) {
      const token = this.#slots[slot]! - 1;
      if (token < 0) return -1;
      let at = this.#starts[token]!;
      if (this.#starts[token + 1]! - at === end - start + prefix) {
        if (!continuation || (units[at] === HASH_SIGN && units[at + 1] === HASH_SIGN)) {
          at += prefix;
          let i = start;
          while (i < end && units[at] === lowerUnit(text.charCodeAt(i))) {
            i++;
            at++;
          }
          if (i === end) return token;
        }
      }
      slot = (slot + 1) & this.#mask;
    }
    return -1;
  }

  #equals(token: number, other: string): boolean {
    const start = this.#starts[token]!;
    if (this.#starts[token + 1]! - start !== other.length) return false;
    for (let i = 0; i < other.length; i++) {
      if (this.#units[start + i] !== other.charCodeAt(i)) return false;
    }
    return true;
  }
}

const HASH_SIGN = 0x23;

/** FNV-1a over UTF-16 units. */
export function extendHash(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, 0x01_00_01_93);
}

/** The hash of the empty text. */
export const wordHash: number = 0x81_1c_9d_c5 | 0;

/** The hash of "##". */
export const continuationHash: number = extendHash(extendHash(wordHash, HASH_SIGN), HASH_SIGN);

/** A–Z lower-cased, every other unit as it is. */
export function lowerUnit(unit: number): number {
  return unit >= 0x41 && unit <= 0x5a ? unit + 0x20 : unit;
}

/** Lets the high bits count too: the table uses the low ones. */
function finishHash(hash: number): number {
  return hash ^ (hash >>> 15);
}
