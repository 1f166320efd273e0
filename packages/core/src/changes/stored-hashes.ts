import { randomBytes } from "node:crypto";

import type { StoredHashColumns } from "../model/stored-hash-columns.ts";
import { DigestMap } from "./digest-map.ts";
import { type ByteHash, sipHash128 } from "./sip-hash.ts";

/**
 * - `new`: no record of it is stored.
 * - `changed`: its records have another hash, none (null), or do not agree: embed it again.
 * - `unchanged`: all its records have this hash.
 */
export type ItemStatus = "new" | "changed" | "unchanged";

/** What of the stored records was taken in so far. */
export interface HashLoadProgress {
  readonly records: number;
  /** Different base ids among them. */
  readonly baseIds: number;
  /** Memory of the map. */
  readonly bytes: number;
}

const PROGRESS_RECORDS = 50_000;

/**
 * Takes in the hashes of all stored records as they are streamed; memory grows with the base ids, not the records.
 *
 * @param onProgress is called after each batch that completes another 50,000 records.
 * @throws what the stream throws
 */
export async function loadStoredHashes(
  batches: AsyncIterable<StoredHashColumns>,
  onProgress?: (loaded: HashLoadProgress) => void,
): Promise<StoredHashes> {
  const stored = new StoredHashes();
  let records = 0;
  let reported = 0;
  for await (const batch of batches) {
    stored.add(batch);
    records += batch.rows;
    const completed = Math.floor(records / PROGRESS_RECORDS);
    if (completed > reported) onProgress?.({ records, baseIds: stored.size, bytes: stored.byteLength });
    reported = completed;
  }
  return stored;
}

const HASH_BYTES = 16;
const NUMBER_SIGN = 0x23;
const encoder = new TextEncoder();

/**
 * The hash of every stored item by its base id, to tell which items must be embedded. The base id of a record is what
 * comes before the last `#` of its id (all of it if there is none); the records of one item normally share one hash.
 *
 * Base ids are kept as 128-bit hashes of their UTF-8 bytes, at most 40 bytes an item in all from about 3,000 items on.
 * Of n items, two get the same one with a probability of n² / 2^129: 6e-27 for two million. The function is keyed at
 * random ({@link sipHash128}), so that nobody can choose ids that collide.
 */
export class StoredHashes {
  readonly #hash: ByteHash;
  readonly #entries = new DigestMap();
  /** The value of an item whose records agree on no hash. Random: no item's hash will ever equal it. */
  readonly #noHash = digest(randomBytes(HASH_BYTES), 0, new Int32Array(4));
  readonly #key = new Int32Array(4);
  readonly #value = new Int32Array(4);
  readonly #encoded = new Uint8Array(1_024);

  /** @param hash of the base ids. */
  constructor(hash: ByteHash = sipHash128(randomBytes(16))) {
    this.#hash = hash;
  }

  /** Different base ids. */
  get size(): number {
    return this.#entries.size;
  }

  /** Memory that the map takes. */
  get byteLength(): number {
    const buffers = [this.#noHash, this.#key, this.#value, this.#encoded];
    return buffers.reduce((sum, { byteLength }) => sum + byteLength, this.#entries.byteLength);
  }

  /** Takes in a batch of records; nothing of it is kept, and no object is made for a record. */
  add({ rows, ids, hashes }: StoredHashColumns): void {
    const { offsets, bytes } = ids;
    // Neighbours mostly belong to the same item, which is then not looked up again.
    let position = -1;
    let before = 0;
    let beforeEnd = 0;
    for (let row = 0; row < rows; row++) {
      const start = offsets[row]!;
      const end = baseIdEnd(bytes, start, offsets[row + 1]!);
      const value = isNull(hashes, row) ? this.#noHash : digest(hashes.bytes, row * HASH_BYTES, this.#value);
      if (position === -1 || !equalBytes(bytes, before, beforeEnd, start, end)) {
        this.#hash(bytes, start, end, this.#key);
        position = this.#entries.find(this.#key);
      }
      if (position === -1) position = this.#entries.add(this.#key, value);
      else if (!this.#entries.holds(position, value)) this.#entries.replace(position, this.#noHash);
      before = start;
      beforeEnd = end;
    }
  }

  /**
   * Compares an item with what is stored. In ids an unpaired surrogate counts as U+FFFD, as which it is stored.
   *
   * @throws RangeError if `hash` has not 16 bytes
   */
  compare(baseId: string, hash: Uint8Array): ItemStatus {
    const value = this.#digestOf(hash);
    const position = this.#entries.find(this.#keyOf(baseId));
    if (position === -1) return "new";
    return this.#entries.holds(position, value) ? "unchanged" : "changed";
  }

  /**
   * Notes that all stored records of an item have this hash.
   *
   * @throws RangeError if `hash` has not 16 bytes
   */
  set(baseId: string, hash: Uint8Array): void {
    const value = this.#digestOf(hash);
    const key = this.#keyOf(baseId);
    const position = this.#entries.find(key);
    if (position === -1) this.#entries.add(key, value);
    else this.#entries.replace(position, value);
  }

  /** Notes that nothing is stored of an item. */
  delete(baseId: string): void {
    this.#entries.delete(this.#keyOf(baseId));
  }

  #digestOf(hash: Uint8Array): Int32Array {
    if (hash.length !== HASH_BYTES) throw new RangeError(`A hash has ${hash.length} bytes, not ${HASH_BYTES}.`);
    return digest(hash, 0, this.#value);
  }

  #keyOf(baseId: string): Int32Array {
    const { read, written } = encoder.encodeInto(baseId, this.#encoded);
    if (read === baseId.length) this.#hash(this.#encoded, 0, written, this.#key);
    else {
      const encoded = encoder.encode(baseId);
      this.#hash(encoded, 0, encoded.length, this.#key);
    }
    return this.#key;
  }
}

/** The end of the base id in the id bytes[start .. end). No other character has the byte of `#` in its UTF-8. */
function baseIdEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end - 1;
  while (at >= start && bytes[at] !== NUMBER_SIGN) at--;
  return at < start ? end : at;
}

function isNull({ validity, validityOffset = 0 }: StoredHashColumns["hashes"], row: number): boolean {
  if (validity === undefined) return false;
  const bit = validityOffset + row;
  return ((validity[bit >> 3]! >> (bit & 7)) & 1) === 0;
}

function equalBytes(bytes: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
  if (aEnd - a !== bEnd - b) return false;
  // From the end, where ids that follow each other differ.
  let i = aEnd - a - 1;
  while (i >= 0 && bytes[a + i] === bytes[b + i]) i--;
  return i < 0;
}

/** Reads 16 bytes into four words. */
function digest(bytes: Uint8Array, at: number, words: Int32Array): Int32Array {
  for (let i = 0; i < 4; i++, at += 4)
    words[i] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  return words;
}
