import fc from "fast-check";
import { expect, test } from "vitest";

import { DigestMap } from "./digest-map.ts";

/** A key that begins to be searched for at a place of its own, or at one of a few that it shares with others. */
const keys = fc.oneof(
  fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer()),
  fc.tuple(fc.constantFrom(0, 1, -1, 0x7fffffff, 0x40000000), fc.nat(5), fc.constant(0), fc.nat(1)),
);

test("does what a Map does, whatever is added, replaced and deleted, also where all keys collide", () => {
  const operation = fc.record({
    kind: fc.constantFrom("add", "add", "replace", "delete"),
    key: keys,
    value: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 200, size: "max" }), (operations) => {
      const map = new DigestMap();
      const model = new Map<string, number>();
      for (const { kind, key, value } of operations) {
        const name = key.join();
        const position = map.find(Int32Array.from(key));
        expect(position === -1).toBe(!model.has(name));
        if (kind === "delete") {
          map.delete(Int32Array.from(key));
          model.delete(name);
        } else {
          if (position === -1) map.add(Int32Array.from(key), valueOf(value));
          else map.replace(position, valueOf(value));
          model.set(name, value);
        }
        expect(map.size).toBe(model.size);
      }
      for (const [name, value] of model) {
        const position = map.find(Int32Array.from(name.split(","), Number));
        for (let other = 0; other <= 3; other++) expect(map.holds(position, valueOf(other))).toBe(other === value);
      }
    }),
    { numRuns: 300 },
  );
});

function valueOf(value: number): Int32Array {
  // Differs from others in one word only, a different one for each.
  const words = new Int32Array(4).fill(7);
  words[value] = 8;
  return words;
}

/** Evenly distributed words, always the same for the same number. */
function keyOf(n: number): Int32Array {
  return Int32Array.from({ length: 4 }, (_, i) => {
    let x = Math.imul(n * 4 + i + 1, 0x9e3779b1);
    x = Math.imul(x ^ (x >>> 15), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return x ^ (x >>> 16);
  });
}

test("takes at most 40 bytes an entry while it grows to 200,000 entries and shrinks again", () => {
  const map = new DigestMap();
  let largest = 0;
  const check = (): void => {
    if (map.size >= 3_000) largest = Math.max(largest, map.byteLength / map.size);
  };
  for (let n = 0; n < 200_000; n++) {
    map.add(keyOf(n), keyOf(n + 1));
    if (n < 5_000 || n % 97 === 0) check();
  }
  for (let n = 0; n < 200_000; n += 501) expect(map.holds(map.find(keyOf(n)), keyOf(n + 1))).toBe(true);
  // Every third goes first, then the rest from the front: entries move to places all over.
  let [found, missed] = [0, 0];
  const order = Array.from({ length: 200_000 }, (_, n) => n);
  for (const n of [...order.filter((i) => i % 3 === 0), ...order.filter((i) => i % 3 !== 0)]) {
    map.delete(keyOf(n));
    if (map.size < 5_000 || map.size % 97 === 0) check();
    if (n % 501 === 0) found += map.find(keyOf(n)) === -1 ? 0 : 1;
    if (map.size % 5_003 === 0) missed += map.find(keyOf(199_999)) === -1 ? 1 : 0;
  }
  expect(map.size).toBe(0);
  // The last one went when the map became empty.
  expect({ found, missed }).toEqual({ found: 0, missed: 1 });
  expect(largest).toBeLessThanOrEqual(39.9);
  expect(new DigestMap().byteLength).toBeLessThan(8_192);
  expect(map.byteLength).toBeLessThan(8_192);
});

test("finds every other entry after each of many deletions among crowded slots", () => {
  const map = new DigestMap();
  // Several hundred entries begin at each of three places, one of them the last slot, so that runs go around the end.
  const crowded = Array.from({ length: 700 }, (_, n) => Int32Array.of([0, -1, 0x20000000][n % 3] ?? 0, n, 0, 0));
  const present = new Set(crowded.keys());
  for (const [n, key] of crowded.entries()) map.add(key, keyOf(n));
  for (let step = 0; present.size > 0; step++) {
    const n = (step * 379) % crowded.length;
    map.delete(crowded[n] ?? new Int32Array(4));
    present.delete(n);
    if (step % 7 !== 0) continue;
    for (const [other, key] of crowded.entries()) {
      const position = map.find(key);
      expect(position !== -1 && map.holds(position, keyOf(other))).toBe(present.has(other));
    }
  }
  expect(map.size).toBe(0);
});
