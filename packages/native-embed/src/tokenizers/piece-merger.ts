import type { MergeTable } from "./merge-table.ts";
import { MinHeap } from "./min-heap.ts";
import type { TokenSink } from "./token-sink.ts";
import { MAX_CHARACTER_BYTES, writeUtf8 } from "./utf8.ts";

/**
 * Merges the bytes of a piece of text into tokens. The pairs that merge wait in a heap, so that a piece of n bytes
 * takes n log n steps however long it is.
 */
export class PieceMerger {
  readonly #merges: MergeTable;
  /** The token of each byte, or -1. */
  readonly #byteTokens: Int32Array;
  readonly #character = new Uint8Array(MAX_CHARACTER_BYTES);
  /** The piece as a list: token, next and previous place. A merged token keeps the place of its first byte. */
  #tokens = new Int32Array(0);
  #nexts = new Int32Array(0);
  #previous = new Int32Array(0);
  /** The rank of the pair that begins at a place, or -1. */
  #ranks = new Int32Array(0);
  /** Rank and place of pairs in one number; those that are there no more are passed over. */
  #waiting = new MinHeap();

  constructor(merges: MergeTable, byteTokens: Int32Array) {
    this.#merges = merges;
    this.#byteTokens = byteTokens;
    this.#reserve(INITIAL_BYTES);
  }

  get byteLength(): number {
    const list = this.#tokens.byteLength * 4;
    return this.#merges.byteLength + this.#byteTokens.byteLength + list + this.#waiting.byteLength;
  }

  /** Hands the tokens of text[start, end) to `sink`, in order. */
  tokenize(text: string, start: number, end: number, sink: TokenSink): void {
    this.#reserve((end - start) * MAX_BYTES_PER_UNIT);
    const length = this.#readBytes(text, start, end);
    this.#merge(length);
    for (let at = 0; at < length; at = this.#nexts[at]!) {
      const token = this.#tokens[at]!;
      if (token >= 0) sink.add(token);
    }
    if (this.#tokens.length > KEPT_BYTES) this.#release();
  }

  /** Fills the list with the tokens of the bytes; how many there are. */
  #readBytes(text: string, start: number, end: number): number {
    const tokens = this.#tokens;
    let length = 0;
    for (let at = start; at < end; at++) {
      const codePoint = text.codePointAt(at)!;
      if (codePoint < 0x80) {
        tokens[length++] = this.#byteTokens[codePoint]!;
        continue;
      }
      if (codePoint > 0xff_ff) at++;
      const bytes = writeUtf8(codePoint, this.#character, 0);
      for (let i = 0; i < bytes; i++) tokens[length++] = this.#byteTokens[this.#character[i]!]!;
    }
    return length;
  }

  #merge(length: number): void {
    const tokens = this.#tokens;
    const nexts = this.#nexts;
    const previous = this.#previous;
    const ranks = this.#ranks;
    const waiting = this.#waiting;
    for (let at = 0; at < length; at++) {
      nexts[at] = at + 1;
      previous[at] = at - 1;
      this.#rankPair(at, length);
    }
    while (waiting.size > 0) {
      const key = waiting.pop();
      const rank = Math.floor(key / PLACES);
      const at = key - rank * PLACES;
      if (ranks[at] !== rank) continue;
      const merged = nexts[at]!;
      const next = nexts[merged]!;
      tokens[at] = this.#merges.result(rank);
      nexts[at] = next;
      if (next < length) previous[next] = at;
      ranks[merged] = -1;
      if (previous[at]! >= 0) this.#rankPair(previous[at]!, length);
      this.#rankPair(at, length);
    }
  }

  /** Notes the pair that begins at a place. */
  #rankPair(at: number, length: number): void {
    const next = this.#nexts[at]!;
    const left = this.#tokens[at]!;
    const right = next < length ? this.#tokens[next]! : -1;
    const rank = left < 0 || right < 0 ? -1 : this.#merges.rank(left, right);
    this.#ranks[at] = rank;
    if (rank >= 0) this.#waiting.push(rank * PLACES + at);
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#tokens.length) return;
    this.#tokens = new Int32Array(bytes);
    this.#nexts = new Int32Array(bytes);
    this.#previous = new Int32Array(bytes);
    this.#ranks = new Int32Array(bytes);
  }

  #release(): void {
    this.#tokens = new Int32Array(0);
    this.#reserve(INITIAL_BYTES);
    this.#waiting = new MinHeap();
  }
}

/** A UTF-16 unit has at most three bytes in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

const INITIAL_BYTES = 256;

/** A list for a longer piece is given back. */
const KEPT_BYTES = 65_536;

/** More than a piece can have: a key times that, plus a place, is an exact number. */
const PLACES = 2 ** 32;
