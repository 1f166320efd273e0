/** Words of 32 bits in a key, and in a value. */
const DIGEST_WORDS = 4;
const ENTRY_WORDS = 2 * DIGEST_WORDS;

/** The share of the slots in use is kept between these; a new index of slots has the middle one. */
const MIN_LOAD = 0.65;
const NEW_LOAD = 0.7;
const MAX_LOAD = 0.85;
const MIN_SLOTS = 1_024;

/** Pages for each doubling of the entries; the first so many are for FIRST_ENTRIES together. */
const PAGE_BITS = 6;
const FIRST_BITS = 10;
const PAGES_PER_DOUBLING = 1 << PAGE_BITS;
const FIRST_ENTRIES = 1 << FIRST_BITS;

/**
 * A map from 128-bit keys to 128-bit values, four words each, for hundreds of thousands of entries: no object for an
 * entry, and no more than 40 bytes from about 3,000 entries on. Keys must be evenly distributed in their first word.
 *
 * Entries (32 bytes) lie densely in pages that are never copied and grow in size with the map, so that at most a
 * 64th of it is empty. They are found by open addressing with linear probing in an index of 4-byte slots, which is
 * small enough to be made anew whenever it gets too full or too empty: hence the steps of a fifth, not a doubling.
 */
export class DigestMap {
  readonly #pages: Int32Array[] = [];
  #size = 0;
  /** Position of an entry + 1, or 0 where there is none. */
  #slots = new Uint32Array(MIN_SLOTS);

  get size(): number {
    return this.#size;
  }

  /** Of all arrays. */
  get byteLength(): number {
    return this.#pages.reduce((sum, page) => sum + page.byteLength, this.#slots.byteLength);
  }

  /** @returns the position of the key's entry, which holds until the next `delete`; -1 if there is none. */
  find(key: Int32Array): number {
    let slot = this.#home(key[0]!);
    for (;;) {
      const position = this.#slots[slot]! - 1;
      if (position < 0 || this.#matches(position, 0, key)) return position;
      slot = this.#after(slot);
    }
  }

  /** Adds a key that is not there yet, and returns the position of its entry. */
  add(key: Int32Array, value: Int32Array): number {
    const position = this.#size;
    const page = pageOf(position);
    if (page === this.#pages.length) this.#pages.push(new Int32Array(pageEntries(position) * ENTRY_WORDS));
    this.#pages[page]!.set(key, wordOf(position));
    this.replace(position, value);
    this.#size++;
    if (this.#size > this.#slots.length * MAX_LOAD) this.#makeIndex();
    else this.#link(position);
    return position;
  }

  /** Whether the entry at a position has that value. */
  holds(position: number, value: Int32Array): boolean {
    return this.#matches(position, DIGEST_WORDS, value);
  }

  /** Copies the value of the entry at a position. */
  read(position: number, value: Int32Array): void {
    const from = wordOf(position) + DIGEST_WORDS;
    value.set(this.#pages[pageOf(position)]!.subarray(from, from + DIGEST_WORDS));
  }

  replace(position: number, value: Int32Array): void {
    this.#pages[pageOf(position)]!.set(value, wordOf(position) + DIGEST_WORDS);
  }

  delete(key: Int32Array): void {
    const position = this.find(key);
    if (position === -1) return;
    const gap = this.#slotOf(position);
    const last = this.#size - 1;
    if (position !== last) {
      // The last entry moves to the place that becomes free.
      this.#slots[this.#slotOf(last)] = position + 1;
      const from = wordOf(last);
      const entry = this.#pages[pageOf(last)]!.subarray(from, from + ENTRY_WORDS);
      this.#pages[pageOf(position)]!.set(entry, wordOf(position));
    }
    this.#size = last;
    this.#closeGap(gap);
    if (this.#slots.length > MIN_SLOTS && this.#size < this.#slots.length * MIN_LOAD) this.#makeIndex();
    // One page is kept beside that of the next entry, lest adding and deleting in turn make one each time.
    while (this.#pages.length > pageOf(this.#size) + 2) this.#pages.pop();
  }

  #matches(position: number, offset: number, digest: Int32Array): boolean {
    const page = this.#pages[pageOf(position)]!;
    const at = wordOf(position) + offset;
    return (
      page[at] === digest[0] && page[at + 1] === digest[1] && page[at + 2] === digest[2] && page[at + 3] === digest[3]
    );
  }

  /** The slot at which the search for a key begins, by the key's first word: like all bits of it, evenly distributed. */
  #home(word: number): number {
    return Math.floor((word >>> 0) * (this.#slots.length / 2 ** 32));
  }

  #homeOf(position: number): number {
    return this.#home(this.#pages[pageOf(position)]![wordOf(position)]!);
  }

  #after(slot: number): number {
    return slot + 1 === this.#slots.length ? 0 : slot + 1;
  }

  #slotOf(position: number): number {
    let slot = this.#homeOf(position);
    while (this.#slots[slot] !== position + 1) slot = this.#after(slot);
    return slot;
  }

  #link(position: number): void {
    let slot = this.#homeOf(position);
    while (this.#slots[slot] !== 0) slot = this.#after(slot);
    this.#slots[slot] = position + 1;
  }

  #makeIndex(): void {
    this.#slots = new Uint32Array(Math.max(MIN_SLOTS, Math.ceil(this.#size / NEW_LOAD)));
    for (let position = 0; position < this.#size; position++) this.#link(position);
  }

  /**
   * Empties a slot. What follows moves up where a search for it would otherwise stop at the gap, so no marks of deleted
   * entries are needed (Knuth, The Art of Computer Programming 3, 6.4, Algorithm R).
   */
  #closeGap(gap: number): void {
    const slots = this.#slots;
    const distance = (from: number, to: number): number => (to >= from ? to - from : to - from + slots.length);
    for (let next = this.#after(gap); slots[next] !== 0; next = this.#after(next)) {
      if (distance(this.#homeOf(slots[next]! - 1), next) < distance(gap, next)) continue;
      slots[gap] = slots[next]!;
      gap = next;
    }
    slots[gap] = 0;
  }
}

/*
 * Where the entry at a position lies. Position + FIRST_ENTRIES is a number of FIRST_BITS + 1 bits at least: how many
 * bits it has tells the doubling, the PAGE_BITS after the first bit tell the page therein, the rest the place in it.
 */

/** log2 of the entries in the page of a position. */
function placeBits(position: number): number {
  return 31 - Math.clz32(position + FIRST_ENTRIES) - PAGE_BITS;
}

function pageEntries(position: number): number {
  return 1 << placeBits(position);
}

function pageOf(position: number): number {
  const bits = placeBits(position);
  const doubling = bits - (FIRST_BITS - PAGE_BITS);
  return doubling * PAGES_PER_DOUBLING + ((position + FIRST_ENTRIES) >>> bits) - PAGES_PER_DOUBLING;
}

/** Index of the entry's first word in its page. */
function wordOf(position: number): number {
  return ((position + FIRST_ENTRIES) & (pageEntries(position) - 1)) * ENTRY_WORDS;
}
