import fc from "fast-check";
import { describe, expect, test } from "vitest";

import type { StoredHashColumns } from "../model/stored-hash-columns.ts";
import { sipHash128 } from "./sip-hash.ts";
import { type ItemStatus, StoredHashes, loadStoredHashes } from "./stored-hashes.ts";

/** A stored record; hashes are named by small numbers, null for none. */
interface StoredRecord {
  readonly id: string;
  readonly hash: number | null;
}

const HASHES = 4;

/** 16 bytes that differ from those of other numbers in a place of their own; all zero for 0. */
function hashOf(n: number): Uint8Array {
  const hash = new Uint8Array(16);
  if (n > 0) hash[(n * 5) % 16] = 0x80 + n;
  return hash;
}

/** How a batch lies in its buffers: what comes before it, and where its bits begin. */
interface Layout {
  readonly skippedBytes: number;
  readonly skippedBits: number;
}
const compact: Layout = { skippedBytes: 0, skippedBits: 0 };

function columnsOf(
  records: readonly StoredRecord[],
  { skippedBytes, skippedBits }: Layout = compact,
): StoredHashColumns {
  const ids = records.map(({ id }) => Buffer.from(id));
  const offsets = new Int32Array(records.length + 1).fill(skippedBytes);
  for (const [i, id] of ids.entries()) offsets[i + 1] = (offsets[i] ?? 0) + id.length;
  const bytes = Buffer.concat([Buffer.alloc(skippedBytes, "#"), ...ids, Buffer.from("#1")]);
  const hashes = new Uint8Array(records.length * 16);
  const validity = new Uint8Array(Math.ceil((skippedBits + records.length) / 8));
  for (const [i, { hash }] of records.entries()) {
    hashes.set(hash === null ? hashOf(1) : hashOf(hash), i * 16);
    const bit = skippedBits + i;
    if (hash !== null) validity[bit >> 3] = (validity[bit >> 3] ?? 0) | (1 << (bit & 7));
  }
  const hasNulls = records.some(({ hash }) => hash === null);
  const bitmap = skippedBits === 0 ? { validity } : { validity, validityOffset: skippedBits };
  return { rows: records.length, ids: { offsets, bytes }, hashes: { bytes: hashes, ...(hasNulls ? bitmap : {}) } };
}

/** The same with strings and a Map: base id to hash, null where it must be embedded again. */
class NaiveHashes {
  readonly #hashes = new Map<string, number | null>();

  get size(): number {
    return this.#hashes.size;
  }

  add(records: readonly StoredRecord[]): void {
    for (const { id, hash } of records) {
      const sign = id.lastIndexOf("#");
      const baseId = sign === -1 ? id : id.slice(0, sign);
      const known = this.#hashes.get(baseId);
      this.#hashes.set(baseId, known === undefined || known === hash ? hash : null);
    }
  }

  compare(baseId: string, hash: number): ItemStatus {
    const stored = this.#hashes.get(baseId);
    if (stored === undefined) return "new";
    return stored === hash ? "unchanged" : "changed";
  }

  set(baseId: string, hash: number): void {
    this.#hashes.set(baseId, hash);
  }

  delete(baseId: string): void {
    this.#hashes.delete(baseId);
  }
}

const usualBaseIds = ["", "#", "a", "a#", "a#1", "a#1#2", "ab", "ba", "ä/🦜.ts", "\ufeffa", "\0", "x".repeat(2_000)];
const someBaseId = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...usualBaseIds) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 20 }) },
);
const someHash = fc.nat(HASHES - 1);
const someRecords = fc.array(
  fc.record({
    id: fc.oneof(
      { weight: 9, arbitrary: fc.tuple(someBaseId, fc.nat(20)).map(([baseId, n]) => `${baseId}#${n}`) },
      { weight: 1, arbitrary: someBaseId },
    ),
    hash: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: someHash }, fc.constant(null)),
  }),
  { maxLength: 30 },
);
const someLayout = fc.record({ skippedBytes: fc.nat(9), skippedBits: fc.nat(20) });

type Operation =
  | { readonly kind: "add"; readonly records: readonly StoredRecord[]; readonly layout: Layout }
  | { readonly kind: "set"; readonly baseId: string; readonly hash: number }
  | { readonly kind: "delete"; readonly baseId: string };

const someOperations: fc.Arbitrary<Operation[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant("add" as const), records: someRecords, layout: someLayout }),
    fc.record({ kind: fc.constant("set" as const), baseId: someBaseId, hash: someHash }),
    fc.record({ kind: fc.constant("delete" as const), baseId: someBaseId }),
  ),
  { maxLength: 25, size: "max" },
);

/** Sends all ids to one of two places in the table of slots; the rest of the hash is as it should be. */
const crowding = (bytes: Uint8Array, start: number, end: number, out: Int32Array): void => {
  sipHash128(new Uint8Array(16))(bytes, start, end, out);
  out[0] = (end - start) % 2 === 0 ? 0 : -1;
};

describe("StoredHashes decides as a Map of strings does", () => {
  test.each([
    ["with its own hash", undefined],
    ["where all ids collide in the slots", crowding],
  ])("%s", (_, hash) => {
    fc.assert(
      fc.property(someOperations, (all) => {
        const stored = new StoredHashes(hash);
        const naive = new NaiveHashes();
        const seen = new Set(usualBaseIds);
        for (const operation of all) {
          if (operation.kind === "add") {
            stored.add(columnsOf(operation.records, operation.layout));
            naive.add(operation.records);
            for (const { id } of operation.records) seen.add(id).add(id.slice(0, Math.max(0, id.lastIndexOf("#"))));
          } else if (operation.kind === "set") {
            stored.set(operation.baseId, hashOf(operation.hash));
            naive.set(operation.baseId, operation.hash);
          } else {
            stored.delete(operation.baseId);
            naive.delete(operation.baseId);
          }
          expect(stored.size).toBe(naive.size);
        }
        for (const { kind, ...operation } of all)
          if (kind !== "add" && "baseId" in operation) seen.add(operation.baseId);
        for (const baseId of seen) {
          for (let n = 0; n < HASHES; n++)
            expect([baseId, n, stored.compare(baseId, hashOf(n))]).toEqual([baseId, n, naive.compare(baseId, n)]);
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe("StoredHashes", () => {
  const all = (...of: [id: string, hash: number | null][]): StoredHashes => {
    const stored = new StoredHashes();
    stored.add(columnsOf(of.map(([id, hash]) => ({ id, hash }))));
    return stored;
  };

  test("an item is unchanged if all its records have its hash, and new if it has none", () => {
    const stored = all(["a#0", 1], ["a#1", 1], ["b#0", 2]);
    expect(stored.compare("a", hashOf(1))).toBe("unchanged");
    expect(stored.compare("a", hashOf(2))).toBe("changed");
    expect(stored.compare("b", hashOf(2))).toBe("unchanged");
    expect(stored.compare("c", hashOf(1))).toBe("new");
    expect(stored.size).toBe(2);
  });

  test.each<[string, [string, number | null][]]>([
    [
      "the first has no hash",
      [
        ["a#0", null],
        ["a#1", 1],
      ],
    ],
    [
      "the last has no hash",
      [
        ["a#0", 1],
        ["a#1", null],
      ],
    ],
    [
      "none has a hash",
      [
        ["a#0", null],
        ["a#1", null],
      ],
    ],
    [
      "one of them disagrees",
      [
        ["a#0", 1],
        ["a#1", 1],
        ["a#2", 2],
        ["a#3", 1],
      ],
    ],
    [
      "one that comes much later disagrees",
      [
        ["a#0", 1],
        ["b#0", 1],
        ["c#0", 1],
        ["a#1", 2],
      ],
    ],
  ])("an item is changed whatever its hash if of its records %s", (_, records) => {
    for (let n = 0; n < HASHES; n++) expect(all(...records).compare("a", hashOf(n))).toBe("changed");
  });

  test("an item that was stored again has the new hash alone", () => {
    const stored = all(["a#0", 1], ["a#1", 2]);
    stored.set("a", hashOf(3));
    expect(stored.compare("a", hashOf(3))).toBe("unchanged");
    expect(stored.compare("a", hashOf(1))).toBe("changed");
    stored.delete("a");
    stored.delete("a");
    expect(stored.compare("a", hashOf(3))).toBe("new");
    expect(stored.size).toBe(0);
  });

  test("keeps nothing of a batch", () => {
    const batch = columnsOf([
      { id: "a#0", hash: 1 },
      { id: "b#0", hash: null },
    ]);
    const stored = new StoredHashes();
    stored.add(batch);
    batch.ids.bytes.fill(0);
    batch.hashes.bytes.fill(0);
    batch.hashes.validity?.fill(0xff);
    expect(stored.compare("a", hashOf(1))).toBe("unchanged");
    expect(stored.compare("b", hashOf(1))).toBe("changed");
  });

  test("keeps nothing of a hash that it was given, wherever that lies in its buffer", () => {
    const around = new Uint8Array(40);
    const hash = around.subarray(3, 19);
    hash.set(hashOf(1));
    const stored = new StoredHashes();
    stored.set("a", hash);
    around.fill(9);
    expect(stored.compare("a", hashOf(1))).toBe("unchanged");
  });

  test("finds ids longer than its buffer, also where only their bytes are", () => {
    for (const baseId of [
      "x".repeat(1_024),
      "x".repeat(1_025),
      "ä".repeat(600),
      "🦜".repeat(257),
      "y".repeat(100_000),
    ]) {
      const stored = all([`${baseId}#0`, 1]);
      expect(stored.compare(baseId, hashOf(1))).toBe("unchanged");
      expect(stored.compare(baseId.slice(0, -2), hashOf(1))).toBe("new");
      expect(stored.byteLength).toBeLessThan(8_192);
    }
  });

  test("takes an unpaired surrogate for what is stored of it", () => {
    expect(all(["a\ufffd#0", 1]).compare("a\ud800", hashOf(1))).toBe("unchanged");
  });

  test("refuses a hash of another length", () => {
    const stored = all(["a#0", 1]);
    expect(() => stored.compare("a", new Uint8Array(15))).toThrow(RangeError);
    expect(() => stored.set("a", new Uint8Array(32))).toThrow("32 bytes, not 16");
    expect(stored.compare("a", hashOf(1))).toBe("unchanged");
  });

  test.each([3_000, 3_100, 5_000, 7_300, 20_000, 45_000, 100_000, 200_000])(
    "takes at most 40 bytes an item for %i items of two records each",
    (count) => {
      const stored = new StoredHashes();
      for (let from = 0; from < count; from += 1_000) {
        const items = Array.from({ length: Math.min(1_000, count - from) }, (_, i) => `src/module-${from + i}.ts`);
        stored.add(columnsOf(items.flatMap((item) => [0, 1].map((n) => ({ id: `${item}#${n}`, hash: 1 })))));
      }
      expect(stored.size).toBe(count);
      expect(stored.byteLength / count).toBeLessThanOrEqual(40);
    },
  );
});

describe("loadStoredHashes", () => {
  async function* stream(...batches: StoredHashColumns[]): AsyncGenerator<StoredHashColumns> {
    yield* batches;
  }

  test("gives an empty map for an empty stream and for empty batches", async () => {
    expect((await loadStoredHashes(stream())).size).toBe(0);
    expect((await loadStoredHashes(stream(columnsOf([]), columnsOf([])))).size).toBe(0);
  });

  test("counts all rows of the last, partial batch", async () => {
    const full = columnsOf(Array.from({ length: 8 }, (_, n) => ({ id: `a#${n}`, hash: 1 })));
    const partial = columnsOf([
      { id: "a#8", hash: 1 },
      { id: "b#0", hash: 1 },
      { id: "c#0", hash: 2 },
    ]);
    const stored = await loadStoredHashes(stream(full, partial));
    expect(stored.compare("a", hashOf(1))).toBe("unchanged");
    expect(stored.compare("b", hashOf(1))).toBe("unchanged");
    expect(stored.compare("c", hashOf(2))).toBe("unchanged");
  });

  test("an item whose records end one batch and begin the next is one item", async () => {
    const [first, second] = [columnsOf([{ id: "a#0", hash: 1 }]), columnsOf([{ id: "a#1", hash: 2 }])];
    const stored = await loadStoredHashes(stream(first, second));
    expect(stored.size).toBe(1);
    expect(stored.compare("a", hashOf(2))).toBe("changed");
  });

  test("reports after each batch that completes another 50,000 records", async () => {
    const batch = (rows: number, item: number) =>
      columnsOf(Array.from({ length: rows }, (_, n) => ({ id: `${item}#${n}`, hash: 1 })));
    const reports: number[][] = [];
    const sizes = [20_000, 29_999, 1, 49_999, 100_001, 10];
    const stored = await loadStoredHashes(stream(...sizes.map(batch)), ({ records, baseIds, bytes }) => {
      reports.push([records, baseIds]);
      expect(bytes).toBeGreaterThan(0);
    });
    expect(reports).toEqual([
      [50_000, 3],
      [200_000, 5],
    ]);
    expect(stored.size).toBe(6);
  });

  test("fails as the stream fails", async () => {
    async function* failing(): AsyncGenerator<StoredHashColumns> {
      yield columnsOf([{ id: "a#0", hash: 1 }]);
      throw new Error("disk gone");
    }
    await expect(loadStoredHashes(failing())).rejects.toThrow("disk gone");
  });
});
