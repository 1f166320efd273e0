import type { BlockWeights, Linear } from "../transformer/transformer-plan.ts";
import type { WeightPlacement } from "../transformer/weight-placement.ts";

/** [3 × width, width]: one tensor, or three on top of each other. Files have either. */
export function placeQkv(placement: WeightPlacement, block: string, width: number): Linear {
  const fused = `${block}attn_qkv`;
  const names = placement.has(`${fused}.weight`) ? [fused] : ["q", "k", "v"].map((part) => `${block}attn_${part}`);
  return placement.linear(names, 3 * width, width);
}

/** Attention is computed as precisely as the matrices around it. */
export function isPrecise(block: BlockWeights): boolean {
  return block.qkv.kind === "float";
}
