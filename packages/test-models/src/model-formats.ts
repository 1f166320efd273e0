import { blockLayouts } from "./encode-blocks.ts";
import type { BlockFormat } from "./encode-blocks.ts";

/** What llama-quantize calls a file's type; those ending in M store some tensors in more bits than others. */
export type ModelFormat =
  | "F32"
  | "F16"
  | "BF16"
  | "Q4_0"
  | "Q4_1"
  | "Q5_0"
  | "Q5_1"
  | "Q8_0"
  | "Q4_K_M"
  | "Q5_K_M"
  | "Q6_K";

/** `general.file_type` of each format. */
export const modelFormats: Readonly<Record<ModelFormat, number>> = {
  F32: 0,
  F16: 1,
  BF16: 32,
  Q4_0: 2,
  Q4_1: 3,
  Q5_0: 8,
  Q5_1: 9,
  Q8_0: 7,
  Q4_K_M: 15,
  Q5_K_M: 17,
  Q6_K: 18,
};

const fallbacks: Partial<Record<BlockFormat, BlockFormat>> = { Q4_K: "Q5_0", Q5_K: "Q5_1", Q6_K: "Q8_0" };

/**
 * The format in which a file of that type stores the matrix `name` with rows of `rowLength` numbers, in a model of
 * `blocks` blocks: the choice of llama-quantize. The embedding table, and in the mixed types the values' and the
 * down-projecting matrices of some blocks, get more bits; rows that are no whole number of blocks of 256 fall back to
 * a format with blocks of 32.
 */
export function storedFormat(format: ModelFormat, name: string, rowLength: number, blocks: number): BlockFormat {
  const chosen = chooseFormat(format, name, blocks);
  return rowLength % blockLayouts[chosen].elements === 0 ? chosen : (fallbacks[chosen] ?? "F16");
}

function chooseFormat(format: ModelFormat, name: string, blocks: number): BlockFormat {
  if (format === "F32" || format === "F16" || format === "BF16" || format === "Q8_0") return format;
  if (name === "token_embd.weight") return "Q6_K";
  if (format !== "Q4_K_M" && format !== "Q5_K_M") return format;
  const [, block = "0", part = ""] = /^blk\.(\d+)\.(\w+)\.weight$/.exec(name) ?? [];
  const wide = part === "attn_v" || part === "attn_qkv" || part === "ffn_down";
  if (wide && deservesMoreBits(Number(block), blocks)) return "Q6_K";
  return format === "Q4_K_M" ? "Q4_K" : "Q5_K";
}

/** The first and the last eighth of the blocks, and every third between. */
function deservesMoreBits(block: number, blocks: number): boolean {
  const eighth = Math.floor(blocks / 8);
  return block < eighth || block >= Math.floor((7 * blocks) / 8) || (block - eighth) % 3 === 2;
}
