export type BlockFormatName =
  | "F32"
  | "F16"
  | "BF16"
  | "Q4_0"
  | "Q4_1"
  | "Q5_0"
  | "Q5_1"
  | "Q8_0"
  | "Q4_K"
  | "Q5_K"
  | "Q6_K";

interface BlockFormat {
  /** ggml's number of the format. */
  readonly type: number;
  /** Numbers in one block. */
  readonly elements: number;
  /** Bytes of one block. */
  readonly bytes: number;
}

/**
 * The ways of storing a row of numbers that are read here, as ggml defines them (ggml-common.h). A row is a whole
 * number of blocks. All is little-endian; `q` is the small integer stored for a number, and nibbles hold two of
 * them in a byte. `dequantize.ts` says the same in code.
 */
export const blockFormats: Readonly<Record<BlockFormatName, BlockFormat>> = {
  /** IEEE 754 single precision. */
  F32: { type: 0, elements: 1, bytes: 4 },
  /** IEEE 754 half precision. */
  F16: { type: 1, elements: 1, bytes: 2 },
  /** The upper half of a single precision number. */
  BF16: { type: 30, elements: 1, bytes: 2 },
  /**
   * A float16 scale, then 16 bytes: the low nibbles are q of numbers 0 to 15, the high ones of numbers 16 to 31.
   * A number is scale × (q − 8).
   */
  Q4_0: { type: 2, elements: 32, bytes: 18 },
  /** A float16 scale, a float16 minimum, nibbles as in Q4_0. A number is scale × q + minimum. */
  Q4_1: { type: 3, elements: 32, bytes: 20 },
  /**
   * A float16 scale, 32 bits (bit i is the fifth, highest bit of q of number i), nibbles as in Q4_0.
   * A number is scale × (q − 16).
   */
  Q5_0: { type: 6, elements: 32, bytes: 22 },
  /** A float16 scale, a float16 minimum, 32 fifth bits, nibbles. A number is scale × q + minimum. */
  Q5_1: { type: 7, elements: 32, bytes: 24 },
  /** A float16 scale, then 32 signed bytes q. A number is scale × q. */
  Q8_0: { type: 8, elements: 32, bytes: 34 },
  /**
   * Eight groups of 32 numbers. Two float16 (scale of scales, scale of minimums), 12 bytes with eight 6-bit scales
   * and eight 6-bit minimums (see `groupScales`), then 128 bytes: of each 32 bytes the low nibbles are one group and
   * the high nibbles the next. A number is (scale of scales × scale) × q − (scale of minimums × minimum).
   */
  Q4_K: { type: 12, elements: 256, bytes: 144 },
  /** As Q4_K, with 32 bytes before the nibbles: bit g of byte i is the fifth bit of q of number i of group g. */
  Q5_K: { type: 13, elements: 256, bytes: 176 },
  /**
   * Sixteen groups of 16 numbers, in two halves of 128. 128 bytes with the low four bits of q: of each 64 bytes the
   * low nibbles are the first 64 numbers of a half and the high nibbles the others. 64 bytes with the upper two bits:
   * byte i of a half's 32 has those of numbers i, i + 32, i + 64 and i + 96, from the lowest bits on. 16 signed bytes
   * of scales, one for each group, then a float16 scale of scales. A number is (scale of scales × scale) × (q − 32).
   */
  Q6_K: { type: 14, elements: 256, bytes: 210 },
};

/** What ggml calls the types that are not read here, for the sentences that must name them. */
const otherTypes: Readonly<Record<number, string>> = {
  4: "Q4_2",
  5: "Q4_3",
  9: "Q8_1",
  10: "Q2_K",
  11: "Q3_K",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  31: "Q4_0_4_4",
  32: "Q4_0_4_8",
  33: "Q4_0_8_8",
  34: "TQ1_0",
  35: "TQ2_0",
  36: "IQ4_NL_4_4",
  37: "IQ4_NL_4_8",
  38: "IQ4_NL_8_8",
  39: "MXFP4",
  40: "NVFP4",
  41: "Q1_0",
  42: "Q2_0",
};

const names: ReadonlyMap<number, BlockFormatName> = new Map(
  (Object.keys(blockFormats) as BlockFormatName[]).map((name) => [blockFormats[name].type, name]),
);

/** The format with ggml's number `type`, or undefined when it is not in the table. */
export function blockFormatName(type: number): BlockFormatName | undefined {
  return names.get(type);
}

/** What to call ggml's type `type` in a sentence, whether it can be read or not. */
export function ggmlTypeName(type: number): string {
  return names.get(type) ?? otherTypes[type] ?? `ggml type ${type}`;
}
