/** The most bytes of one character. */
export const MAX_CHARACTER_BYTES = 4;

/** Writes a character's bytes to `target` from `at` on; where the next one goes. */
export function writeUtf8(codePoint: number, target: Uint8Array, at: number): number {
  if (codePoint < 0x80) {
    target[at] = codePoint;
    return at + 1;
  }
  if (codePoint < 0x8_00) {
    target[at] = 0xc0 | (codePoint >>> 6);
    target[at + 1] = 0x80 | (codePoint & 0x3f);
    return at + 2;
  }
  if (codePoint < 0x1_00_00) {
    target[at] = 0xe0 | (codePoint >>> 12);
    target[at + 1] = 0x80 | ((codePoint >>> 6) & 0x3f);
    target[at + 2] = 0x80 | (codePoint & 0x3f);
    return at + 3;
  }
  target[at] = 0xf0 | (codePoint >>> 18);
  target[at + 1] = 0x80 | ((codePoint >>> 12) & 0x3f);
  target[at + 2] = 0x80 | ((codePoint >>> 6) & 0x3f);
  target[at + 3] = 0x80 | (codePoint & 0x3f);
  return at + 4;
}

/** Bytes of the character that a first byte announces; 1 for a byte that begins none. */
export function utf8Length(firstByte: number): 1 | 2 | 3 | 4 {
  if (firstByte < 0xc0) return 1;
  if (firstByte < 0xe0) return 2;
  return firstByte < 0xf0 ? 3 : 4;
}
