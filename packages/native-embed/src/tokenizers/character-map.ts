import { ByteCursor } from "../gguf/byte-cursor.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { limits } from "../gguf/limits.ts";
import { excessive, invalid, numbersArray } from "./token-metadata.ts";

const CHARSMAP_KEY = "tokenizer.ggml.precompiled_charsmap";

/**
 * SentencePiece's table of what is replaced by what before tokenization, such as full-width letters by ASCII.
 *
 * It is a trie over UTF-8 bytes in the form of Darts-clone's double array. A unit of 32 bits is a leaf when bit 31
 * is set, the rest being the position of a replacement. Else bits 0–7 are the byte that leads to the unit, bit 8 says
 * that a key ends here, and bits 10–30, shifted by 8 if bit 9 is set, are XORed to the unit's index to give the place
 * of its children: child b is at that place XOR b, the leaf is child 0.
 */
export class CharacterMap {
  readonly #units: Uint32Array;
  /** Replacements, each ended by a zero. */
  readonly #texts: Uint8Array;
  /** Of the last match: where in `texts` its replacement begins and ends, and how many bytes were matched. */
  start = 0;
  end = 0;
  matched = 0;

  constructor(units: Uint32Array, texts: Uint8Array) {
    this.#units = units;
    this.#texts = texts;
  }

  get byteLength(): number {
    return this.#units.byteLength + this.#texts.byteLength;
  }

  get texts(): Uint8Array {
    return this.#texts;
  }

  /** Finds the longest key that bytes[at, end) begin with; false when there is none. */
  match(bytes: Uint8Array, at: number, end: number): boolean {
    const units = this.#units;
    const last = Math.min(end, at + limits.charsmapKeyBytes);
    let leaf = -1;
    let node = childrenOf(units[0]!, 0);
    for (let i = at; i < last; i++) {
      const byte = bytes[i]!;
      // A zero would lead to a leaf.
      if (byte === 0) break;
      node ^= byte;
      const unit = units[node];
      if (unit === undefined || (unit & LABEL) !== byte) break;
      node = childrenOf(unit, node);
      if ((unit & ENDS_KEY) !== 0) {
        leaf = node;
        this.matched = i + 1 - at;
      }
    }
    if (leaf < 0) return false;
    this.start = units[leaf]! & POSITION;
    this.end = this.#texts.indexOf(0, this.start);
    return true;
  }
}

/**
 * The table of a file, if it has one.
 * Rejects with `INVALID_METADATA`, `LIMIT_EXCEEDED`, or what the source's `read` rejects with.
 */
export async function readCharacterMap(source: ByteSource, header: GgufHeader): Promise<CharacterMap | undefined> {
  if (!header.metadata.has(CHARSMAP_KEY)) return undefined;
  const array = numbersArray(header, CHARSMAP_KEY, ["uint8", "int8"]);
  if (array.byteLength > limits.charsmapBytes) {
    throw excessive(header, CHARSMAP_KEY, `${array.byteLength} bytes, more than ${limits.charsmapBytes}`);
  }
  const broken = (detail: string): Error => invalid(header, CHARSMAP_KEY, `is broken: ${detail}`);
  if (array.byteLength < 4) throw broken("it is empty");
  const cursor = new ByteCursor(source, array.position);
  await cursor.fill(4);
  const unitBytes = cursor.u32();
  if (unitBytes === 0 || unitBytes % 4 !== 0 || unitBytes >= array.byteLength - 4) {
    throw broken(`its trie has ${unitBytes} of ${array.byteLength} bytes`);
  }
  const units = new Uint32Array(unitBytes / 4);
  for (let i = 0; i < units.length; i++) {
    if (!cursor.has(4)) await cursor.fill(4);
    units[i] = cursor.u32();
  }
  const texts = new Uint8Array(array.byteLength - 4 - unitBytes);
  for (let i = 0; i < texts.length; i++) {
    if (!cursor.has(1)) await cursor.fill(1);
    texts[i] = cursor.u8();
  }
  if (!areTerminated(texts)) throw broken("a replacement does not end");
  if (!areLeavesSound(units, texts.length)) throw broken("a key leads nowhere");
  return new CharacterMap(units, texts);
}

/** Whether the last text ends, and none is too long. */
function areTerminated(texts: Uint8Array): boolean {
  let start = 0;
  for (let end = texts.indexOf(0); end >= 0; end = texts.indexOf(0, start)) {
    if (end - start > limits.charsmapReplacementBytes) return false;
    start = end + 1;
  }
  return start === texts.length;
}

/** Whether every unit at which a key ends has a leaf, and every leaf a text. */
function areLeavesSound(units: Uint32Array, textBytes: number): boolean {
  return units.every((unit, index) => {
    if (unit >= LEAF || (unit & ENDS_KEY) === 0) return true;
    const leaf = units[childrenOf(unit, index)];
    return leaf !== undefined && leaf >= LEAF && (leaf & POSITION) < textBytes;
  });
}

/** The place that the children's bytes are XORed to; beyond every array for a unit that is malformed. */
function childrenOf(unit: number, index: number): number {
  return (index ^ ((unit >>> 10) << ((unit & WIDE) >>> 6))) >>> 0;
}

const LEAF = 0x80_00_00_00;
const POSITION = 0x7f_ff_ff_ff;
/** The byte of a unit, together with the bit that no unit of a byte has. */
const LABEL = 0x80_00_00_ff | 0;
const ENDS_KEY = 1 << 8;
const WIDE = 1 << 9;
