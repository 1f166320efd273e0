import { randomBytes } from "node:crypto";

import { DigestMap } from "../changes/digest-map.ts";
import { type ByteHash, sipHash128 } from "../changes/sip-hash.ts";

/** What stored records and file records say of a source: its version, and the number of chunks that it fell into. */
export interface SourceClaim {
  /** Bytes of the hash of its text; empty for none. */
  readonly hash: Uint8Array;
  readonly chunkCount: number;
}

/**
 * Keeps account of sources (files or items) while their records are streamed in any order: whether all of them claim
 * the same, and whether they are numbered 0 to n - 1, each once. Takes 40 bytes a source and nothing a record.
 *
 * A source is an entry of four words: 64 bits of a hash of its claim, the number of records still to come, and a sum
 * over the numbers n of those that came of step(n) = g(n + 1) - g(n), g being a random function. The steps of 0 to n - 1
 * add up to g(n) - g(0), which the sum begins with, negated: it is 0 again when each number came once. Other numbers
 * make it 0 with a probability of 2^-32. All hashes are keyed at random, so that nobody can prepare what goes unnoticed.
 */
export class SourceLedger {
  readonly #entries = new DigestMap();
  readonly #hash: ByteHash = sipHash128(randomBytes(16));
  readonly #seed = randomBytes(4).readInt32LE();
  readonly #key = new Int32Array(WORDS);
  readonly #entry = new Int32Array(WORDS);
  readonly #claim = new Int32Array(WORDS);
  /** Length of the hash, the hash, number of chunks. */
  readonly #claimBytes = Buffer.alloc(MOST_HASH_BYTES + 5);
  #unsettled = 0;

  /** Notes that records of a source must follow; twice is once too often. `bytes[start .. end)` is its id. */
  open(bytes: Uint8Array, start: number, end: number, claim: SourceClaim): void {
    this.#hash(bytes, start, end, this.#key);
    const position = this.#entries.find(this.#key);
    if (position === -1) this.#add(claim);
    else this.#update(position, contradict);
  }

  /** @returns whether the source of the id is known. */
  has(bytes: Uint8Array, start: number, end: number): boolean {
    this.#hash(bytes, start, end, this.#key);
    return this.#entries.find(this.#key) !== -1;
  }

  /** Enters the n-th record of a source, which is opened if it is not known. */
  enter(bytes: Uint8Array, start: number, end: number, n: number, claim: SourceClaim): void {
    this.#hash(bytes, start, end, this.#key);
    const found = this.#entries.find(this.#key);
    const position = found === -1 ? this.#add(claim) : found;
    this.#hashClaim(claim);
    this.#update(position, (entry) => {
      if (entry[0] !== this.#claim[0] || entry[1] !== this.#claim[1]) contradict(entry);
      if (entry[LEFT] === CONTRADICTED) return;
      entry[LEFT]! -= 1;
      entry[SUM] = (entry[SUM]! + this.#random(n + 1) - this.#random(n)) | 0;
    });
  }

  /** Sources whose records contradict each other, are too few or too many, or are numbered wrongly. */
  get unsettled(): number {
    return this.#unsettled;
  }

  /** Whether it is one of those; false for an unknown source. */
  isUnsettled(bytes: Uint8Array, start: number, end: number): boolean {
    this.#hash(bytes, start, end, this.#key);
    const position = this.#entries.find(this.#key);
    if (position === -1) return false;
    this.#entries.read(position, this.#entry);
    return !isSettled(this.#entry);
  }

  /** Adds the source of the key at hand; returns its position. */
  #add(claim: SourceClaim): number {
    this.#hashClaim(claim);
    const entry = this.#entry;
    entry[0] = this.#claim[0]!;
    entry[1] = this.#claim[1]!;
    entry[LEFT] = claim.chunkCount;
    entry[SUM] = (this.#random(0) - this.#random(claim.chunkCount)) | 0;
    if (!isSettled(entry)) this.#unsettled++;
    return this.#entries.add(this.#key, entry);
  }

  #update(position: number, change: (entry: Int32Array) => void): void {
    const entry = this.#entry;
    this.#entries.read(position, entry);
    const wasSettled = isSettled(entry);
    change(entry);
    this.#entries.replace(position, entry);
    this.#unsettled += Number(wasSettled) - Number(isSettled(entry));
  }

  #hashClaim({ hash, chunkCount }: SourceClaim): void {
    const bytes = this.#claimBytes;
    bytes[0] = hash.length;
    bytes.set(hash, 1);
    bytes.writeInt32LE(chunkCount, hash.length + 1);
    this.#hash(bytes, 0, hash.length + 5, this.#claim);
  }

  /** The function g: the mixing of bits that ends MurmurHash3 (https://github.com/aappleby/smhasher). */
  #random(n: number): number {
    let bits = n ^ this.#seed;
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
    return bits ^ (bits >>> 16);
  }
}

const WORDS = 4;
const LEFT = 2;
const SUM = 3;
const MOST_HASH_BYTES = 16;
/** No number of records: those of a table are counted by 32 bits. */
const CONTRADICTED = -0x80000000;

function contradict(entry: Int32Array): void {
  entry[LEFT] = CONTRADICTED;
}

function isSettled(entry: Int32Array): boolean {
  return entry[LEFT] === 0 && entry[SUM] === 0;
}
