export type BlockFormatName = "F32" | "F16" | "Q8_0";

interface BlockFormat {
  /** ggml's number of the format. */
  readonly type: number;
  /** Numbers in one block. */
  readonly elements: number;
  /** Bytes of one block. */
  readonly bytes: number;
}

/** The ways of storing a row of numbers whose size is known here. A row is a whole number of blocks. */
export const blockFormats: Readonly<Record<BlockFormatName, BlockFormat>> = {
  F32: { type: 0, elements: 1, bytes: 4 },
  F16: { type: 1, elements: 1, bytes: 2 },
  /** A float16 scale, then 32 signed bytes; a number is scale × byte. */
  Q8_0: { type: 8, elements: 32, bytes: 34 },
};

const names = Object.keys(blockFormats) as BlockFormatName[];

/** The name of ggml's storage format number `type`, or undefined when it is not in the table. */
export function blockFormatName(type: number): BlockFormatName | undefined {
  return names.find((name) => blockFormats[name].type === type);
}
