import { rowsFrom } from "../transformer/operations.ts";
import type { HyperParameters, Linear } from "../transformer/transformer-plan.ts";
import type { WeightPlacement } from "../transformer/weight-placement.ts";
import type { EncoderArchitecture } from "./encoder-architecture.ts";
import { isPrecise, placeQkv } from "./encoder-parts.ts";

/** The largest exponent of the slopes: 2^-8 for the last head. */
const MAX_BIAS = 8;

/**
 * BERT whose only trace of positions is a penalty on distance (ALiBi, in both directions), with a feed-forward part
 * gated by GELU. jina-embeddings-v2; the one for code normalises queries and keys, and the attention's output twice.
 *
 * Source: Günther et al. 2023; tensor names and order of operations as in llama.cpp (src/models/bert.cpp).
 */
export const jinaBertV2: EncoderArchitecture = {
  name: "jina-bert-v2",

  place(placement, hyper) {
    const { width, feedForward, blocks, heads } = hyper;
    const types = "token_types.weight";
    return {
      tokens: placement.table("token_embd.weight", 1, width),
      positions: undefined,
      types: placement.has(types) ? placement.table(types, 1, width) : undefined,
      inputNorm: placement.norm("token_embd_norm", width),
      rotations: undefined,
      slopes: placement.fill(heads, (head) => slopeOf(head, heads)),
      blocks: Array.from({ length: blocks }, (_, index) => {
        const block = `blk.${index}.`;
        return {
          qkv: placeQkv(placement, block, width),
          queryNorm: placement.optionalNorm(`${block}attn_q_norm`, width),
          keyNorm: placement.optionalNorm(`${block}attn_k_norm`, width),
          attentionOutput: placement.linear([`${block}attn_output`], width, width),
          attentionNorm: placement.norm(`${block}attn_output_norm`, width),
          secondAttentionNorm: placement.optionalNorm(`${block}attn_norm_2`, width),
          up: placeUp(placement, block, hyper),
          down: placement.linear([`${block}ffn_down`], width, feedForward),
          outputNorm: placement.norm(`${block}layer_output_norm`, width),
        };
      }),
    };
  },

  forward(ops, weights, { ids, zeros, x, qkv, attended, delta, hidden }, batch) {
    const n = batch.tokens;
    // x [n, width] = token + type
    ops.gather(weights.tokens, ids, batch, x, "set");
    if (weights.types !== undefined) ops.gather(weights.types, zeros, batch, x, "add");
    ops.norm(x, undefined, n, weights.inputNorm);

    for (const block of weights.blocks) {
      // qkv [n, 3 × width], attended [n, width]
      ops.linear(x, n, block.qkv, qkv);
      if (block.queryNorm !== undefined) ops.norm(qkv, undefined, n, block.queryNorm);
      if (block.keyNorm !== undefined) {
        ops.norm({ at: qkv.at + x.stride * 4, stride: qkv.stride }, undefined, n, block.keyNorm);
      }
      ops.attention(qkv, batch, weights.slopes, isPrecise(block), attended);
      ops.linear(attended, n, block.attentionOutput, delta);
      if (block.secondAttentionNorm === undefined) {
        ops.norm(x, delta, n, block.attentionNorm);
      } else {
        // x = Norm₂(x + Norm₁(x + delta))
        ops.norm(delta, x, n, block.attentionNorm);
        ops.norm(x, delta, n, block.secondAttentionNorm);
      }

      const isGated = block.up.columns > block.down.k;
      ops.inParts(batch, (first, rows) => {
        // hidden [rows, 2 × feedForward] = gate, up; activated [rows, feedForward] = gelu(gate) × up, or gelu(up) without
        ops.linear(rowsFrom(x, first), rows, block.up, hidden);
        const activated = isGated ? ops.geluGate(hidden, rows) : ops.gelu(hidden, rows);
        ops.linear(activated, rows, block.down, rowsFrom(delta, first));
      });
      ops.norm(x, delta, n, block.outputNorm);
    }
  },
};

/** A gate and an up matrix, one matrix that contains both, or an up matrix alone. Files have any of the three. */
function placeUp(placement: WeightPlacement, block: string, { width, feedForward }: HyperParameters): Linear {
  const [gate, up] = [`${block}ffn_gate`, `${block}ffn_up`];
  if (placement.has(`${gate}.weight`)) return placement.linear([gate, up], 2 * feedForward, width);
  const isFused = placement.columnsOf(up) === 2 * feedForward;
  return placement.linear([up], isFused ? 2 * feedForward : feedForward, width);
}

/**
 * Slope of a head: the powers of 2^(−8/H), with H the largest power of two that is not above the number of heads; heads
 * beyond it take the odd powers of 2^(−4/H).
 */
function slopeOf(head: number, heads: number): number {
  const power = 2 ** Math.floor(Math.log2(heads));
  return head < power
    ? 2 ** ((-MAX_BIAS / power) * (head + 1))
    : 2 ** ((-MAX_BIAS / 2 / power) * (2 * (head - power) + 1));
}
