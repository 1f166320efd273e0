import type { ModelShape } from "./model-shapes.ts";

/** A tensor of a synthetic model: its place in the model and how its numbers are drawn. */
export interface ModelTensor {
  readonly name: string;
  /** The length of a row comes first, as in the file. */
  readonly dimensions: readonly number[];
  /** Whether its numbers may be stored in another format than F32. */
  readonly quantized: boolean;
  /** Normal around 0 with this deviation, or the factors of a layer norm with or without outliers. */
  readonly values: number | "factors" | "factors with outliers";
}

/**
 * The tensors of a model, with the names and the dimensions that llama.cpp expects of its architecture.
 *
 * The deviations make a model that behaves like a trained one: attention is neither flat nor all on one token, texts
 * differ, and what a block adds is small beside its input, so that the rounding of the weights is not amplified from
 * block to block.
 */
export function modelTensors(shape: ModelShape): ModelTensor[] {
  const { architecture, width, feedForward, tokens, blocks, contextLength } = shape;
  const tensors: ModelTensor[] = [];
  const add = (name: string, dimensions: readonly number[], values: ModelTensor["values"], quantized = false): void => {
    tensors.push({ name, dimensions, values, quantized });
  };
  const matrix = (name: string, from: number, to: number, gain: number): void =>
    add(`${name}.weight`, [from, to], gain / Math.sqrt(from), true);
  const bias = (name: string, size: number, deviation: number): void => add(`${name}.bias`, [size], deviation);
  const norm = (name: string, factors: ModelTensor["values"] = "factors with outliers"): void => {
    add(`${name}.weight`, [width], factors);
    bias(name, width, 0.05);
  };
  const biased = architecture !== "nomic-bert";

  add("token_embd.weight", [width, tokens], 0.05, true);
  if (architecture === "bert") add("position_embd.weight", [width, contextLength], 0.02);
  add("token_types.weight", [width, 2], 0.02);
  norm("token_embd_norm");
  for (let block = 0; block < blocks; block++) {
    const at = `blk.${block}`;
    if (shape.fusedQkv) {
      matrix(`${at}.attn_qkv`, width, 3 * width, 1.2);
      if (biased) bias(`${at}.attn_qkv`, 3 * width, 0.1);
    } else {
      for (const part of ["attn_q", "attn_k", "attn_v"]) {
        matrix(`${at}.${part}`, width, width, 1.2);
        if (biased) bias(`${at}.${part}`, width, 0.1);
      }
    }
    if (shape.extraNorms) {
      norm(`${at}.attn_q_norm`, "factors");
      norm(`${at}.attn_k_norm`, "factors");
    }
    matrix(`${at}.attn_output`, width, width, 0.35);
    if (biased) bias(`${at}.attn_output`, width, 0.05);
    norm(`${at}.attn_output_norm`);
    if (shape.extraNorms) norm(`${at}.attn_norm_2`);
    if (architecture === "bert") {
      matrix(`${at}.ffn_up`, width, feedForward, 1);
      bias(`${at}.ffn_up`, feedForward, 0.1);
      matrix(`${at}.ffn_down`, feedForward, width, 0.4);
    } else {
      matrix(`${at}.ffn_up`, width, shape.fusedGate ? 2 * feedForward : feedForward, 1);
      if (!shape.fusedGate) matrix(`${at}.ffn_gate`, width, feedForward, 1);
      matrix(`${at}.ffn_down`, feedForward, width, 0.2);
    }
    if (biased) bias(`${at}.ffn_down`, width, 0.05);
    norm(`${at}.layer_output_norm`);
  }
  return tensors;
}

/** Normal deviates, drawn once; a tensor's numbers are picked from them. */
const deviates = new Float32Array(65_536);
const drawDeviate = seededRandom(0x5eed);
for (let i = 0; i < deviates.length; i += 2) {
  // Box and Muller: two uniform numbers give two normal ones.
  const radius = Math.sqrt(-2 * Math.log(1 - drawDeviate()));
  const angle = 2 * Math.PI * drawDeviate();
  deviates[i] = radius * Math.cos(angle);
  deviates[i + 1] = radius * Math.sin(angle);
}

/** Fills `row` with row number `index` of the tensor: the same numbers for the same seed, every time. */
export function fillRow(tensor: ModelTensor, index: number, seed: number, row: Float32Array): void {
  const start = hashText(`${seed} ${tensor.name} ${index}`);
  if (typeof tensor.values === "number") {
    fillNormal(start, tensor.values, row);
    return;
  }
  const random = seededRandom(start);
  for (let i = 0; i < row.length; i++) row[i] = 0.9 + 0.2 * random();
  if (tensor.values === "factors") return;
  // Trained models have a few channels far larger than the rest: what quantised activations suffer from.
  const outliers = Math.min(3, Math.ceil(row.length / 128));
  for (let i = 0; i < outliers; i++) row[Math.floor(random() * row.length)] = 4 + 2 * random();
}

function fillNormal(start: number, deviation: number, row: Float32Array): void {
  let state = start | 1;
  for (let i = 0; i < row.length; i++) {
    // Marsaglia's xorshift.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    row[i] = (deviates[state >>> 16] as number) * deviation;
  }
}

/** Numbers from 0 up to but not including 1: the generator "mulberry32". */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** FNV-1a of the text's character codes, stirred so that texts that differ in one digit start far apart. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
