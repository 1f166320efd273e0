import fc from "fast-check";
import { expect, test } from "vitest";

import { sipHash128 } from "./sip-hash.ts";

function hashOf(key: Uint8Array, bytes: Uint8Array, start = 0, end: number = bytes.length): string {
  const out = new Int32Array(4);
  sipHash128(key)(bytes, start, end, out);
  const digest = Buffer.alloc(16);
  out.forEach((word, i) => digest.writeInt32LE(word, i * 4));
  return digest.toString("hex");
}

/** As the paper defines it, with the 128 bits of the reference implementation. */
function naiveHash(key: Uint8Array, bytes: Uint8Array): string {
  const read = (from: Uint8Array, at: number): bigint => Buffer.from(from).readBigUInt64LE(at);
  const turned = (x: bigint, by: bigint): bigint => BigInt.asUintN(64, (x << by) | (x >> (64n - by)));
  const add = (a: bigint, b: bigint): bigint => BigInt.asUintN(64, a + b);
  const [k0, k1] = [read(key, 0), read(key, 8)];
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn ^ 0xeen;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i++) {
      v0 = add(v0, v1);
      v2 = add(v2, v3);
      v1 = turned(v1, 13n) ^ v0;
      v3 = turned(v3, 16n) ^ v2;
      v0 = turned(v0, 32n);
      v2 = add(v2, v1);
      v0 = add(v0, v3);
      v1 = turned(v1, 17n) ^ v2;
      v3 = turned(v3, 21n) ^ v0;
      v2 = turned(v2, 32n);
    }
  };
  const padded = Buffer.alloc((Math.floor(bytes.length / 8) + 1) * 8);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length & 255;
  for (let at = 0; at < padded.length; at += 8) {
    v3 ^= read(padded, at);
    rounds(2);
    v0 ^= read(padded, at);
  }
  v2 ^= 0xeen;
  rounds(4);
  const out = Buffer.alloc(16);
  out.writeBigUInt64LE(v0 ^ v1 ^ v2 ^ v3, 0);
  v1 ^= 0xddn;
  rounds(4);
  out.writeBigUInt64LE(v0 ^ v1 ^ v2 ^ v3, 8);
  return out.toString("hex");
}

// From vectors_sip128 in vectors.h of the reference implementation: the key and the input count up from 0.
test.each([
  [0, "a3817f04ba25a8e66df67214c7550293"],
  [1, "da87c1d86b99af44347659119b22fc45"],
  [7, "a1f1ebbed8dbc153c0b84aa61ff08239"],
  [8, "3b62a9ba6258f5610f83e264f31497b4"],
  [9, "264499060ad9baabc47f8b02bb6d71ed"],
  [15, "5493e99933b0a8117e08ec0f97cfc3d9"],
  [16, "6ee2a4ca67b054bbfd3315bf85230577"],
  [31, "2939b0183223fafc1723de4f52c43d35"],
  [63, "5150d1772f50834a503e069a973fbd7c"],
])("%i bytes have the hash of the reference implementation", (length, expected) => {
  const counting = (count: number): Uint8Array => Uint8Array.from({ length: count }, (_, i) => i);
  expect(hashOf(counting(16), counting(length))).toBe(expected);
  expect(naiveHash(counting(16), counting(length))).toBe(expected);
});

test("any part of any bytes has the hash that 64-bit arithmetic gives", () => {
  const sizes = { minLength: 16, maxLength: 16 };
  fc.assert(
    fc.property(
      fc.uint8Array(sizes),
      fc.uint8Array({ maxLength: 600 }),
      fc.nat(20),
      fc.nat(20),
      (key, bytes, start, rest) => {
        const around = Buffer.concat([Buffer.alloc(start, 0xff), bytes, Buffer.alloc(rest, 0xff)]);
        expect(hashOf(key, around, start, start + bytes.length)).toBe(naiveHash(key, bytes));
      },
    ),
  );
});
