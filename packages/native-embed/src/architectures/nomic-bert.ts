import { nativeEmbedError } from "../errors.ts";
import { optionalNumber } from "../gguf/metadata.ts";
import { rowsFrom } from "../transformer/operations.ts";
import type { EncoderArchitecture } from "./encoder-architecture.ts";
import { isPrecise, placeQkv } from "./encoder-parts.ts";

/** What is used where the file does not say; that of the original RoPE. */
const DEFAULT_FREQUENCY_BASE = 10_000;

/**
 * BERT with rotary positions and a gated feed-forward part. nomic-embed-text, CodeRankEmbed.
 *
 * Source: Nussbaum et al. 2024; tensor names and order of operations as in llama.cpp (src/models/bert.cpp). Positions
 * turn number i of a head together with number i + head/2 by position × base^(−2i/head).
 */
export const nomicBert: EncoderArchitecture = {
  name: "nomic-bert",

  place(placement, { width, feedForward, blocks, heads }, header, maxTokens) {
    const head = width / heads;
    const turned = optionalNumber(header, "nomic-bert.rope.dimension_count") ?? head;
    const scaling = header.metadata.get("nomic-bert.rope.scaling.type") ?? "none";
    if (turned !== head || scaling !== "none") {
      const detail = "only rotary positions over whole heads and without scaling are implemented";
      throw nativeEmbedError("UNSUPPORTED_ARCHITECTURE", header.name, detail);
    }
    const base = optionalNumber(header, "nomic-bert.rope.freq_base") ?? DEFAULT_FREQUENCY_BASE;
    if (base <= 0) throw nativeEmbedError("INVALID_METADATA", header.name, `"nomic-bert.rope.freq_base" is ${base}`);
    const types = "token_types.weight";
    return {
      tokens: placement.table("token_embd.weight", 1, width),
      positions: undefined,
      types: placement.has(types) ? placement.table(types, 1, width) : undefined,
      inputNorm: placement.norm("token_embd_norm", width),
      // [maxTokens, head]: cosines, then sines
      rotations: placement.fill(maxTokens * head, (index) => {
        const pair = index % head;
        const angle = Math.floor(index / head) * base ** ((-2 * (pair % (head / 2))) / head);
        return pair < head / 2 ? Math.cos(angle) : Math.sin(angle);
      }),
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
          // The gate first: [gate; up]
          up: placement.linear([`${block}ffn_gate`, `${block}ffn_up`], 2 * feedForward, width),
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
      if (weights.rotations !== undefined) ops.rotate(qkv, batch, weights.rotations);
      ops.attention(qkv, batch, undefined, isPrecise(block), attended);
      ops.linear(attended, n, block.attentionOutput, delta);
      ops.norm(x, delta, n, block.attentionNorm);

      ops.inParts(batch, (first, rows) => {
        // hidden [rows, 2 × feedForward] = gate, up; gated [rows, feedForward] = silu(gate) × up
        ops.linear(rowsFrom(x, first), rows, block.up, hidden);
        const gated = ops.siluGate(hidden, rows);
        ops.linear(gated, rows, block.down, rowsFrom(delta, first));
      });
      ops.norm(x, delta, n, block.outputNorm);
    }
  },
};
