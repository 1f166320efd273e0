import { basename } from "node:path";

import { supportedArchitecture } from "./architectures/load-architecture.ts";
import { STATIC_EMBEDDING } from "./architectures/static-embedding.ts";
import { NativeEmbedError } from "./errors.ts";
import type { NativeEmbedErrorCode } from "./errors.ts";
import { openFileSource } from "./gguf/byte-source.ts";
import type { ByteSource } from "./gguf/byte-source.ts";
import type { GgufHeader, GgufTensor } from "./gguf/gguf-header.ts";
import { limits } from "./gguf/limits.ts";
import { requiredInteger, requiredTexts } from "./gguf/metadata.ts";
import { readGgufHeader } from "./gguf/read-gguf-header.ts";
import { compileKernels } from "./kernels/compile-kernels.ts";
import { ggmlTypeName } from "./quantization/block-formats.ts";
import { checkTokenizer } from "./tokenizers/load-tokenizer.ts";
import { planTransformer } from "./transformer/plan-transformer.ts";

/** How the vectors of a text's tokens become the text's; the names of GGUF's numbers 0 to 4, in their order. */
const poolings = ["none", "mean", "cls", "last", "rank"] as const;

export type ModelPooling = (typeof poolings)[number];

/** What a GGUF file says of the model in it. What it does not say, or not as it should, is undefined. */
export interface ModelInspection {
  /** `general.name`, or the file's name when it has none. */
  readonly name: string;
  /** `general.architecture` */
  readonly architecture: string | undefined;
  /** The version of GGUF. */
  readonly version: 2 | 3;
  readonly fileBytes: number;
  /** Numbers in all tensors. */
  readonly parameters: number;
  /** Most tokens of a text. */
  readonly contextLength: number | undefined;
  /** Numbers in a vector. */
  readonly embeddingLength: number | undefined;
  readonly blockCount: number | undefined;
  /** Attention heads of a block. */
  readonly headCount: number | undefined;
  readonly feedForwardLength: number | undefined;
  /** The tensors by how they are stored, largest part of the file first. */
  readonly tensors: readonly TensorsOfFormat[];
  readonly tokenizer: TokenizerInspection | undefined;
  readonly pooling: ModelPooling | undefined;
  /** Whether `createEmbedder` takes this model, as far as the file's header tells. */
  readonly supported: boolean;
  /** Why not; undefined when it is supported. */
  readonly problem: ModelProblem | undefined;
  /**
   * Bytes of memory that a supported model takes. Of a transformer, with one thread and texts as long as it reads, and
   * beside its vocabulary; shorter texts take less.
   */
  readonly memoryBytes: number | undefined;
}

export interface TensorsOfFormat {
  /** ggml's name, such as `Q8_0`, or `ggml type 99` for a number that has none. */
  readonly format: string;
  readonly tensors: number;
  /** Undefined for formats whose size is not known here. */
  readonly bytes: number | undefined;
}

export interface TokenizerInspection {
  /** `tokenizer.ggml.model` */
  readonly model: string;
  /** `tokenizer.ggml.pre`: how text is split before it. */
  readonly pre: string | undefined;
  /** Size of the vocabulary. */
  readonly tokens: number | undefined;
}

/** A `NativeEmbedError` as data. */
export interface ModelProblem {
  readonly code: NativeEmbedErrorCode;
  readonly message: string;
  readonly nextStep: string;
}

/**
 * Reads what a GGUF file says of its model, of any architecture, without reading the weights.
 * A source stays open.
 *
 * Rejects as `openFileSource` and `readGgufHeader` do: when there is no file, or it is no sound GGUF file. A model
 * that is not supported is no failure but `supported: false`.
 */
export async function inspectModel(model: string | ByteSource): Promise<ModelInspection> {
  if (typeof model !== "string") return inspectSource(model);
  const source = await openFileSource(model);
  try {
    return await inspectSource(source);
  } finally {
    await source.close();
  }
}

async function inspectSource(source: ByteSource): Promise<ModelInspection> {
  const header = await readGgufHeader(source);
  const architecture = text(header, "general.architecture");
  const integerOf = (key: string): number | undefined => integer(header, `${architecture}.${key}`);
  const pooling = integerOf("pooling_type");
  const tensors = [...header.tensors.values()];
  return {
    name: text(header, "general.name") ?? basename(source.name),
    architecture,
    version: header.version,
    fileBytes: source.size,
    parameters: tensors.reduce((sum, { dimensions }) => sum + product(dimensions), 0),
    contextLength: integerOf("context_length"),
    embeddingLength: integerOf("embedding_length"),
    blockCount: integerOf("block_count"),
    headCount: integerOf("attention.head_count"),
    feedForwardLength: integerOf("feed_forward_length"),
    tensors: byFormat(tensors),
    tokenizer: inspectTokenizer(header),
    pooling: pooling === undefined ? undefined : poolings[pooling],
    ...(await judge(header)),
  };
}

type Judgement = Pick<ModelInspection, "supported" | "problem" | "memoryBytes">;

async function judge(header: GgufHeader): Promise<Judgement> {
  try {
    return { supported: true, problem: undefined, memoryBytes: await memoryOf(header) };
  } catch (error) {
    if (!(error instanceof NativeEmbedError)) throw error;
    const { code, message, nextStep } = error;
    return { supported: false, problem: { code, message, nextStep }, memoryBytes: undefined };
  }
}

/** What loading the model would take. Rejects with what loading it would, as far as the header tells. */
async function memoryOf(header: GgufHeader): Promise<number> {
  if (supportedArchitecture(header) === STATIC_EMBEDDING) return staticEmbeddingBytes(header);
  checkTokenizer(header);
  return planTransformer(header, { threads: 1 }, await compileKernels()).memoryBytes;
}

function staticEmbeddingBytes(header: GgufHeader): number {
  const dimension = requiredInteger(header, "static-embedding.embedding_length", 1, limits.embeddingLength);
  const { length: tokens, byteLength } = requiredTexts(header, "tokenizer.ggml.tokens");
  // A signed byte for each number of the table and a float32 for each 32 of them.
  const table = tokens * dimension * (1 + 4 / 32);
  // UTF-16 units, where each token begins, and a hash table of which at most a quarter is used.
  const vocabulary =
    2 * (byteLength - 8 * tokens) + 4 * (tokens + 1) + 4 * 2 ** Math.ceil(Math.log2(4 * Math.max(tokens, 1)));
  // Two numbers for each token to count with, and a sum in double precision.
  const scratch = 2 * 4 * tokens + 8 * dimension;
  return table + vocabulary + scratch;
}

function inspectTokenizer(header: GgufHeader): TokenizerInspection | undefined {
  const model = text(header, "tokenizer.ggml.model");
  if (model === undefined) return undefined;
  const tokens = header.metadata.get("tokenizer.ggml.tokens");
  return {
    model,
    pre: text(header, "tokenizer.ggml.pre"),
    tokens: typeof tokens === "object" && tokens.kind === "array" ? tokens.length : undefined,
  };
}

function byFormat(tensors: readonly GgufTensor[]): TensorsOfFormat[] {
  const groups = Map.groupBy(tensors, ({ type }) => type);
  return [...groups]
    .map(([type, group]) => ({ format: ggmlTypeName(type), tensors: group.length, bytes: totalBytes(group) }))
    .toSorted((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0));
}

/** Undefined when a size is not known. */
function totalBytes(tensors: readonly GgufTensor[]): number | undefined {
  return tensors.reduce<number | undefined>(
    (sum, { byteLength }) => (sum === undefined || byteLength === undefined ? undefined : sum + byteLength),
    0,
  );
}

function product(dimensions: readonly number[]): number {
  return dimensions.reduce((result, size) => result * size, 1);
}

function text(header: GgufHeader, key: string): string | undefined {
  const value = header.metadata.get(key);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function integer(header: GgufHeader, key: string): number | undefined {
  const value = header.metadata.get(key);
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}
