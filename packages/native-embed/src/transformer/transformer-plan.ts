import type { Pooling } from "../architectures/text-model.ts";
import type { DotProduct } from "../kernels/compile-kernels.ts";
import type { Address } from "../kernels/kernels.ts";

/**
 * Where everything of a loaded transformer is in the shared memory, and the sizes that its forward needs: plain data,
 * posted to each thread.
 */
export interface TransformerPlan {
  readonly hyper: HyperParameters;
  readonly weights: EncoderWeights;
  readonly dot: DotProduct;
  /** Most tokens of one forward, all texts together. */
  readonly batchTokens: number;
  /** Where the work space of thread 0 begins; those of the others follow. */
  readonly regions: Address;
  /** Bytes of the work space of one thread. */
  readonly regionBytes: number;
}

/** What the metadata say of a model. */
export interface HyperParameters {
  readonly architecture: string;
  /** Encoder blocks, one after the other. */
  readonly blocks: number;
  /** Numbers in a token's vector, and in the result. */
  readonly width: number;
  readonly heads: number;
  /** Numbers in a token's vector inside the feed-forward part. */
  readonly feedForward: number;
  /** Most tokens that the model was made for. */
  readonly contextLength: number;
  /** Added to the variance in layer normalisation. */
  readonly epsilon: number;
  readonly pooling: Pooling;
}

/** The weights of an encoder. What an architecture does not have is undefined. */
export interface EncoderWeights {
  /** One row a token: [vocabulary, width]. */
  readonly tokens: Table;
  /** One row a position: [context length, width]. */
  readonly positions: Table | undefined;
  /** One row a token type, of which only the first is used: [types, width]. */
  readonly types: Table | undefined;
  readonly inputNorm: Norm;
  /** [context length, head] cosines and sines for rotary positions. */
  readonly rotations: Address | undefined;
  /** [heads] slopes of the linear position bias (ALiBi). */
  readonly slopes: Address | undefined;
  readonly blocks: readonly BlockWeights[];
}

export interface BlockWeights {
  /** [3 × width, width]: queries, keys and values at once. */
  readonly qkv: Linear;
  readonly queryNorm: Norm | undefined;
  readonly keyNorm: Norm | undefined;
  /** [width, width] */
  readonly attentionOutput: Linear;
  readonly attentionNorm: Norm;
  readonly secondAttentionNorm: Norm | undefined;
  /** [feedForward, width], or [2 × feedForward, width] when the first half gates the second. */
  readonly up: Linear;
  /** [width, feedForward] */
  readonly down: Linear;
  readonly outputNorm: Norm;
}

/** x ↦ x · Wᵀ + bias, in the layouts of `wasm/pack.c`. */
export interface Linear {
  readonly kind: "int8" | "float";
  /** ggml's number of the format in memory; of int8, Q8_0. */
  readonly format: number;
  /** Numbers out. */
  readonly columns: number;
  /** Numbers in. */
  readonly k: number;
  readonly values: Address;
  /** Of int8, else 0. */
  readonly scales: Address;
  /** Sums of the blocks where activations are unsigned, else 0. */
  readonly sums: Address;
  /** 0 when there is none. */
  readonly bias: Address;
}

/** Rows in the format of the file. */
export interface Table {
  readonly format: number;
  readonly rows: number;
  readonly data: Address;
}

export interface Norm {
  readonly gain: Address;
  /** 0 when there is none. */
  readonly shift: Address;
}
