import { closeSync, openSync, writeSync } from "node:fs";

import { blockLayouts, encodeBlocksInto, encodedSize } from "./encode-blocks.ts";
import type { BlockFormat } from "./encode-blocks.ts";
import { modelFormats, storedFormat } from "./model-formats.ts";
import type { ModelFormat } from "./model-formats.ts";
import { modelShapes } from "./model-shapes.ts";
import type { ModelShape, ModelShapeName } from "./model-shapes.ts";
import { fillRow, modelTensors } from "./model-tensors.ts";
import type { ModelTensor } from "./model-tensors.ts";
import { bpeVocabulary, unigramVocabulary, wordPieceVocabulary } from "./vocabularies.ts";
import type { TestVocabulary } from "./vocabularies.ts";
import { writeEntry, writePreamble, writeTensorInfo } from "./write-gguf.ts";
import type { WrittenEntry, WrittenValue } from "./write-gguf.ts";

export interface ModelOptions {
  readonly shape: ModelShapeName | ModelShape;
  readonly format: ModelFormat;
  /** Another seed, other weights. 1 unless told. */
  readonly seed?: number;
  /** Entries beside the usual ones; one with the key of a usual entry takes its place. */
  readonly metadata?: readonly WrittenEntry[];
  /** Keys of usual entries to leave out. */
  readonly omit?: readonly string[];
  /** Stores every matrix in this format, whatever `format` would choose for it. */
  readonly every?: BlockFormat;
}

/** What was written. */
export interface WrittenModel {
  /** Size of the file. */
  readonly bytes: number;
  /** Numbers in all tensors. */
  readonly parameters: number;
}

/** Bytes encoded at a time at most, but for a row that is longer. */
const CHUNK_BYTES = 1 << 20;
const ALIGNMENT = 32;

/**
 * Writes a GGUF file of a synthetic model: random weights, the same for the same options every time. However large
 * the model, little memory is used.
 */
export function writeModel(path: string, options: ModelOptions): WrittenModel {
  const file = openSync(path, "w");
  try {
    return produceModel(options, (bytes) => {
      for (let written = 0; written < bytes.byteLength;) written += writeSync(file, bytes, written);
    });
  } finally {
    closeSync(file);
  }
}

/** The file that `writeModel` would write; for small models. */
export function modelBytes(options: ModelOptions): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = [];
  produceModel(options, (bytes) => parts.push(Buffer.from(bytes)));
  return new Uint8Array(Buffer.concat(parts));
}

const vocabularies: Readonly<Record<ModelShape["tokenizer"], (size: number, seed: number) => TestVocabulary>> = {
  wordpiece: wordPieceVocabulary,
  bpe: bpeVocabulary,
  unigram: unigramVocabulary,
};

/** The vocabulary of all models of a shape. */
export function modelVocabulary(shape: ModelShape): TestVocabulary {
  return vocabularies[shape.tokenizer](shape.tokens, 1);
}

/** Hands out the file piece by piece; a piece is valid during the call only. */
function produceModel(options: ModelOptions, write: (bytes: Uint8Array) => void): WrittenModel {
  const shape = typeof options.shape === "string" ? modelShapes[options.shape] : options.shape;
  const tensors = modelTensors(shape).map((tensor) => ({ ...tensor, format: formatOf(tensor, shape, options) }));
  const entries = modelMetadata(shape, options);

  const header = [writePreamble(BigInt(tensors.length), BigInt(entries.length)), ...entries.map(writeEntry)];
  let offset = 0;
  let parameters = 0;
  for (const { name, dimensions, format } of tensors) {
    header.push(writeTensorInfo(name, dimensions, blockLayouts[format].type, BigInt(offset)));
    const elements = dimensions.reduce((product, size) => product * size, 1);
    parameters += elements;
    offset = aligned(offset + encodedSize(format, elements));
  }
  const headerBytes = header.reduce((total, part) => total + part.byteLength, 0);
  for (const part of header) write(part);
  write(Buffer.alloc(aligned(headerBytes) - headerBytes));
  for (const tensor of tensors) produceTensor(tensor, tensor.format, options.seed ?? 1, write);
  return { bytes: aligned(headerBytes) + offset, parameters };
}

function produceTensor(
  tensor: ModelTensor,
  format: BlockFormat,
  seed: number,
  write: (bytes: Uint8Array) => void,
): void {
  const [rowLength = 0, rows = 1] = tensor.dimensions;
  const row = new Float32Array(rowLength);
  const rowBytes = encodedSize(format, rowLength);
  const chunk = Buffer.alloc(rowBytes * Math.min(rows, Math.max(1, Math.floor(CHUNK_BYTES / rowBytes))));
  let used = 0;
  for (let index = 0; index < rows; index++) {
    fillRow(tensor, index, seed, row);
    encodeBlocksInto(format, row, chunk, used);
    used += rowBytes;
    if (used < chunk.byteLength && index < rows - 1) continue;
    write(chunk.subarray(0, used));
    used = 0;
  }
  const size = rowBytes * rows;
  write(Buffer.alloc(aligned(size) - size));
}

function formatOf(tensor: ModelTensor, shape: ModelShape, { format, every }: ModelOptions): BlockFormat {
  if (!tensor.quantized) return "F32";
  return every ?? storedFormat(format, tensor.name, tensor.dimensions[0] ?? 0, shape.blocks);
}

function modelMetadata(shape: ModelShape, options: ModelOptions): WrittenEntry[] {
  const { architecture } = shape;
  const entries = new Map<string, WrittenValue>([
    ["general.architecture", { type: "string", value: architecture }],
    ["general.type", { type: "string", value: "model" }],
    ["general.name", { type: "string", value: `synthetic ${architecture}` }],
    ["general.file_type", { type: "uint32", value: modelFormats[options.format] }],
    ["general.quantization_version", { type: "uint32", value: 2 }],
    [`${architecture}.block_count`, { type: "uint32", value: shape.blocks }],
    [`${architecture}.context_length`, { type: "uint32", value: shape.contextLength }],
    [`${architecture}.embedding_length`, { type: "uint32", value: shape.width }],
    [`${architecture}.feed_forward_length`, { type: "uint32", value: shape.feedForward }],
    [`${architecture}.attention.head_count`, { type: "uint32", value: shape.heads }],
    [`${architecture}.attention.layer_norm_epsilon`, { type: "float32", value: 1e-12 }],
    [`${architecture}.attention.causal`, { type: "bool", value: false }],
    [`${architecture}.pooling_type`, { type: "uint32", value: poolingTypes[shape.pooling] }],
  ]);
  if (architecture === "nomic-bert") entries.set(`${architecture}.rope.freq_base`, { type: "float32", value: 1000 });
  for (const [key, value] of modelVocabulary(shape).metadata) entries.set(key, value);
  for (const [key, value] of options.metadata ?? []) entries.set(key, value);
  for (const key of options.omit ?? []) entries.delete(key);
  return [...entries];
}

const poolingTypes: Readonly<Record<ModelShape["pooling"], number>> = { mean: 1, cls: 2, last: 3 };

function aligned(position: number): number {
  return Math.ceil(position / ALIGNMENT) * ALIGNMENT;
}
