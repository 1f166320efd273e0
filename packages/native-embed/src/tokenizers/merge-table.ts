import { limits } from "../gguf/limits.ts";

/**
 * Which two tokens merge into which, and in what order merges are made. A pair's rank is its place in the model's
 * list; the lower goes first. 50,000 merges take 1.6 MB outside the JavaScript heap.
 */
export class MergeTable {
  /** By rank. */
  readonly #lefts: Uint32Array;
  readonly #rights: Uint32Array;
  readonly #results: Uint32Array;
  /** Open addressing with linear probing: rank + 1, or 0 where nothing is. At most a quarter is used. */
  readonly #slots: Uint32Array;
  readonly #mask: number;
  #size = 0;

  /** Room for `merges` merges. */
  constructor(merges: number) {
    this.#lefts = new Uint32Array(merges);
    this.#rights = new Uint32Array(merges);
    this.#results = new Uint32Array(merges);
    this.#slots = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(merges, 1) * 4)));
    this.#mask = this.#slots.length - 1;
  }

  get byteLength(): number {
    return this.#lefts.byteLength * 3 + this.#slots.byteLength;
  }

  /**
   * Adds the merge of the next rank; of two of the same pair the first counts.
   * False when the table would become slow because too many pairs collide; it is of no use then.
   */
  add(left: number, right: number, result: number): boolean {
    const rank = this.#size++;
    this.#lefts[rank] = left;
    this.#rights[rank] = right;
    this.#results[rank] = result;
    let slot = hashOfPair(left, right) & this.#mask;
    for (let probes = 0; probes < limits.vocabularyProbes; probes++) {
      const found = this.#slots[slot]! - 1;
      if (found < 0) {
        this.#slots[slot] = rank + 1;
        return true;
      }
      if (this.#lefts[found] === left && this.#rights[found] === right) return true;
      slot = (slot + 1) & this.#mask;
    }
    return false;
  }

  /** The rank of a pair, or -1 when it does not merge. */
  rank(left: number, right: number): number {
    let slot = hashOfPair(left, right) & this.#mask;
    // No pair lies farther from its place than that: `add` saw to it.
    for (let probes = 0; probes < limits.vocabularyProbes; probes++) {
      const found = this.#slots[slot]! - 1;
      if (found < 0 || (this.#lefts[found] === left && this.#rights[found] === right)) return found;
      slot = (slot + 1) & this.#mask;
    }
    return -1;
  }

  /** The token that the pair of a rank merges into. */
  result(rank: number): number {
    return this.#results[rank]!;
  }
}

function hashOfPair(left: number, right: number): number {
  const hash = Math.imul(left, 0x9e_37_79_b1 | 0) ^ Math.imul(right, 0x85_eb_ca_6b | 0);
  return hash ^ (hash >>> 15);
}
