import { rowsFrom } from "../transformer/operations.ts";
import type { EncoderArchitecture } from "./encoder-architecture.ts";
import { isPrecise, placeQkv } from "./encoder-parts.ts";

/**
 * BERT as sentence encoders use it: learned positions, normalisation after each part, GELU between two plain matrices.
 * all-MiniLM, bge, e5, gte, snowflake-arctic-embed; bge-m3 and multilingual-e5 with their own tokenizer.
 *
 * Source: Devlin et al. 2018; tensor names and order of operations as in llama.cpp (src/models/bert.cpp).
 */
export const bert: EncoderArchitecture = {
  name: "bert",

  place(placement, { width, feedForward, blocks }, _header, maxTokens) {
    return {
      tokens: placement.table("token_embd.weight", 1, width),
      positions: placement.table("position_embd.weight", maxTokens, width),
      types: placement.table("token_types.weight", 1, width),
      inputNorm: placement.norm("token_embd_norm", width),
      rotations: undefined,
      slopes: undefined,
      blocks: Array.from({ length: blocks }, (_, index) => {
        const block = `blk.${index}.`;
        return {
          qkv: placeQkv(placement, block, width),
          queryNorm: undefined,
          keyNorm: undefined,
          attentionOutput: placement.linear([`${block}attn_output`], width, width),
          attentionNorm: placement.norm(`${block}attn_output_norm`, width),
          secondAttentionNorm: undefined,
          up: placement.linear([`${block}ffn_up`], feedForward, width),
          down: placement.linear([`${block}ffn_down`], width, feedForward),
          outputNorm: placement.norm(`${block}layer_output_norm`, width),
        };
      }),
    };
  },

  forward(ops, weights, { ids, positions, zeros, x, qkv, attended, delta, hidden }, batch) {
    const n = batch.tokens;
    // x [n, width] = token + position + type
    ops.gather(weights.tokens, ids, batch, x, "set");
    if (weights.positions !== undefined) ops.gather(weights.positions, positions, batch, x, "add");
    if (weights.types !== undefined) ops.gather(weights.types, zeros, batch, x, "add");
    ops.norm(x, undefined, n, weights.inputNorm);

    for (const block of weights.blocks) {
      // qkv [n, 3 × width], attended [n, width]
      ops.linear(x, n, block.qkv, qkv);
      ops.attention(qkv, batch, undefined, isPrecise(block), attended);
      ops.linear(attended, n, block.attentionOutput, delta);
      ops.norm(x, delta, n, block.attentionNorm);

      ops.inParts(batch, (first, rows) => {
        // hidden [rows, feedForward]
        ops.linear(rowsFrom(x, first), rows, block.up, hidden);
        ops.gelu(hidden, rows);
        ops.linear(hidden, rows, block.down, rowsFrom(delta, first));
      });
      ops.norm(x, delta, n, block.outputNorm);
    }
  },
};
