/** Writes the 128-bit hash of bytes[start .. end) into `out` as four words, the least significant first. */
export type ByteHash = (bytes: Uint8Array, start: number, end: number, out: Int32Array) => void;

/**
 * SipHash-2-4 with 128 bits of output, made for hash tables: who does not know the key (16 bytes) cannot prepare
 * inputs that collide. JavaScript has no 64-bit integers that are quick, so each word is two halves, low and high.
 *
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012), and for 128 bits their reference
 * implementation, https://github.com/veorq/SipHash.
 */
export function sipHash128(key: Uint8Array): ByteHash {
  const [k0Low, k0High, k1Low, k1High] = [0, 4, 8, 12].map((at) => word(key, at)) as [number, number, number, number];
  // v0, v1, v2 and v3, the low half of each before the high one.
  const v = new Int32Array(8);
  return (bytes, start, end, out) => {
    v[0] = k0Low ^ 0x70736575;
    v[1] = k0High ^ 0x736f6d65;
    v[2] = k1Low ^ 0x6e646f6d ^ 0xee;
    v[3] = k1High ^ 0x646f7261;
    v[4] = k0Low ^ 0x6e657261;
    v[5] = k0High ^ 0x6c796765;
    v[6] = k1Low ^ 0x79746573;
    v[7] = k1High ^ 0x74656462;
    const length = end - start;
    const tail = end - (length & 7);
    for (let at = start; at < tail; at += 8) absorb(v, word(bytes, at), word(bytes, at + 4));
    // The last block holds what is left, and the length in its last byte.
    let low = 0;
    let high = length << 24;
    for (let at = tail; at < end; at++) {
      const shift = (at - tail) * 8;
      if (shift < 32) low |= bytes[at]! << shift;
      else high |= bytes[at]! << (shift - 32);
    }
    absorb(v, low, high);
    v[4] ^= 0xee;
    mix(v, 4);
    out[0] = v[0] ^ v[2] ^ v[4] ^ v[6];
    out[1] = v[1] ^ v[3] ^ v[5] ^ v[7];
    v[2] ^= 0xdd;
    mix(v, 4);
    out[2] = v[0] ^ v[2] ^ v[4] ^ v[6];
    out[3] = v[1] ^ v[3] ^ v[5] ^ v[7];
  };
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/** Takes in a block of 8 bytes. */
function absorb(v: Int32Array, low: number, high: number): void {
  v[6]! ^= low;
  v[7]! ^= high;
  mix(v, 2);
  v[0]! ^= low;
  v[1]! ^= high;
}

function mix(v: Int32Array, rounds: number): void {
  let v0 = v[0]!;
  let w0 = v[1]!;
  let v1 = v[2]!;
  let w1 = v[3]!;
  let v2 = v[4]!;
  let w2 = v[5]!;
  let v3 = v[6]!;
  let w3 = v[7]!;
  for (let round = 0; round < rounds; round++) {
    // v0 += v1; v1 = v1 <<< 13; v1 ^= v0; v0 = v0 <<< 32
    let sum = (v0 + v1) | 0;
    w0 = (w0 + w1 + carry(sum, v1)) | 0;
    let turned = (v1 << 13) | (w1 >>> 19);
    w1 = ((w1 << 13) | (v1 >>> 19)) ^ w0;
    v1 = turned ^ sum;
    v0 = w0;
    w0 = sum;
    // v2 += v3; v3 = v3 <<< 16; v3 ^= v2
    v2 = (v2 + v3) | 0;
    w2 = (w2 + w3 + carry(v2, v3)) | 0;
    turned = (v3 << 16) | (w3 >>> 16);
    w3 = ((w3 << 16) | (v3 >>> 16)) ^ w2;
    v3 = turned ^ v2;
    // v0 += v3; v3 = v3 <<< 21; v3 ^= v0
    v0 = (v0 + v3) | 0;
    w0 = (w0 + w3 + carry(v0, v3)) | 0;
    turned = (v3 << 21) | (w3 >>> 11);
    w3 = ((w3 << 21) | (v3 >>> 11)) ^ w0;
    v3 = turned ^ v0;
    // v2 += v1; v1 = v1 <<< 17; v1 ^= v2; v2 = v2 <<< 32
    sum = (v2 + v1) | 0;
    w2 = (w2 + w1 + carry(sum, v1)) | 0;
    turned = (v1 << 17) | (w1 >>> 15);
    w1 = ((w1 << 17) | (v1 >>> 15)) ^ w2;
    v1 = turned ^ sum;
    v2 = w2;
    w2 = sum;
  }
  v[0] = v0;
  v[1] = w0;
  v[2] = v1;
  v[3] = w1;
  v[4] = v2;
  v[5] = w2;
  v[6] = v3;
  v[7] = w3;
}

/** Of a sum of low halves, one of which is `part`. */
function carry(sum: number, part: number): number {
  return sum >>> 0 < part >>> 0 ? 1 : 0;
}
