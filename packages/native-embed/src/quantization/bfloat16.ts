const word = new DataView(new ArrayBuffer(4));

/** The number that 16 bits of bfloat16 stand for: they are the upper half of a single precision number. */
export function bfloat16ToNumber(bits: number): number {
  word.setUint32(0, bits << 16);
  return word.getFloat32(0);
}
