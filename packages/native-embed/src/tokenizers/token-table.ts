import { limits } from "../gguf/limits.ts";

/**
 * The tokens of a model as UTF-8 and a hash table over them that is searched with bytes *in place*: no token
 * becomes a JavaScript string. 250,000 tokens take 12 MB in arrays of at most 4 MB. (`Vocabulary` is the like for
 * UTF-16 and look-ups that ignore case.)
 *
 * A second, smaller table says of the hash of any bytes whether a token may end there and whether a longer one may
 * go on. Walking from byte to byte with it finds every token at a position in about as many steps as the longest
 * has bytes, as a trie would, with a fraction of the memory.
 */
export class TokenTable {
  /** All tokens, one after the other. */
  readonly #bytes: Uint8Array;
  /** Token t is #bytes[#starts[t] .. #starts[t + 1]]. */
  readonly #starts: Uint32Array;
  /** Open addressing with linear probing: token + 1, or 0 where nothing is. At most a quarter is used. */
  readonly #slots: Uint32Array;
  readonly #slotMask: number;
  /** Four hints of two bits to a byte. */
  readonly #hints: Uint8Array;
  readonly #hintMask: number;
  #size = 0;

  /** Room for `tokens` tokens of `bytes` bytes in all. */
  constructor(tokens: number, bytes: number) {
    this.#bytes = new Uint8Array(bytes);
    this.#starts = new Uint32Array(tokens + 1);
    this.#slots = new Uint32Array(powerOfTwo(tokens * 4));
    this.#slotMask = this.#slots.length - 1;
    const hints = powerOfTwo(Math.max(bytes * 4, 4));
    this.#hints = new Uint8Array(hints / 4);
    this.#hintMask = hints - 1;
  }

  /** Tokens added so far. */
  get size(): number {
    return this.#size;
  }

  get byteLength(): number {
    return this.#bytes.byteLength + this.#starts.byteLength + this.#slots.byteLength + this.#hints.byteLength;
  }

  /** The bytes of a token; a view that must not be written to. */
  token(id: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[id], this.#starts[id + 1]);
  }

  /** Adds the next token so that it is never found. */
  addHidden(token: Uint8Array): void {
    this.#append(token);
  }

  /**
   * Adds the next token. "duplicate" when there is one with the same bytes; "degenerate" when the table would become
   * slow because too many tokens collide. It is of no use then.
   */
  add(token: Uint8Array): "added" | "duplicate" | "degenerate" {
    const id = this.#append(token);
    let hash = emptyHash;
    for (let i = 0; i < token.length; i++) {
      hash = extendHash(hash, token[i]!);
      this.#addHint(hash, i + 1 < token.length ? CONTINUES : ENDS);
    }
    let slot = mix(hash) & this.#slotMask;
    for (let probes = 0; probes < limits.vocabularyProbes; probes++) {
      const found = this.#slots[slot]!;
      if (found === 0) {
        this.#slots[slot] = id + 1;
        return "added";
      }
      if (this.#equals(found - 1, token, 0, token.length)) return "duplicate";
      slot = (slot + 1) & this.#slotMask;
    }
    return "degenerate";
  }

  /** Whether a token may end (`ENDS`) and a longer one may go on (`CONTINUES`) after the bytes of this hash. */
  hint(hash: number): number {
    const at = mix(hash) & this.#hintMask;
    return (this.#hints[at >>> 2]! >>> ((at & 3) << 1)) & 3;
  }

  /** The token that equals bytes[start, end), whose hash must be given, or -1. */
  find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    let slot = mix(hash) & this.#slotMask;
    // No token lies farther from its place than that: `add` saw to it.
    for (let probes = 0; probes < limits.vocabularyProbes; probes++) {
      const token = this.#slots[slot]! - 1;
      if (token < 0) return -1;
      if (this.#equals(token, bytes, start, end)) return token;
      slot = (slot + 1) & this.#slotMask;
    }
    return -1;
  }

  #append(token: Uint8Array): number {
    const id = this.#size++;
    const start = this.#starts[id]!;
    this.#bytes.set(token, start);
    this.#starts[id + 1] = start + token.length;
    return id;
  }

  #addHint(hash: number, bit: number): void {
    const at = mix(hash) & this.#hintMask;
    this.#hints[at >>> 2] = this.#hints[at >>> 2]! | (bit << ((at & 3) << 1));
  }

  #equals(token: number, bytes: Uint8Array, start: number, end: number): boolean {
    let at = this.#starts[token]!;
    if (this.#starts[token + 1]! - at !== end - start) return false;
    for (let i = start; i < end; i++) {
      if (this.#bytes[at++] !== bytes[i]) return false;
    }
    return true;
  }
}

/** Bits of a hint. Both may be set in error, neither is ever missing. */
export const ENDS = 1;
export const CONTINUES = 2;

/** The hash of no bytes. */
export const emptyHash: number = 0x81_1c_9d_c5 | 0;

/** FNV-1a. */
export function extendHash(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01_00_01_93);
}

export function hashOf(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
  let hash = emptyHash;
  for (let i = start; i < end; i++) hash = extendHash(hash, bytes[i]!);
  return hash;
}

/** Lets all bits count: the tables use the low ones. */
function mix(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x85_eb_ca_6b | 0);
  return mixed ^ (mixed >>> 13);
}

function powerOfTwo(atLeast: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(atLeast, 1)));
}
