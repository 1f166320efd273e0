/** What decides which tensors a transformer embedding model has, and how large they are. */
export interface ModelShape {
  readonly architecture: "bert" | "nomic-bert" | "jina-bert-v2";
  /** The tokenizer that models of this shape come with. */
  readonly tokenizer: "wordpiece" | "bpe" | "unigram";
  /** Tokens in the vocabulary. */
  readonly tokens: number;
  readonly blocks: number;
  /** Numbers per token. */
  readonly width: number;
  readonly heads: number;
  /** Numbers per token inside the feed-forward network. */
  readonly feedForward: number;
  /** Tokens at most. */
  readonly contextLength: number;
  readonly pooling: "mean" | "cls" | "last";
  /** One tensor for queries, keys and values, instead of three. */
  readonly fusedQkv: boolean;
  /** One tensor for the gate and what it gates, instead of two; of jina-bert-v2 alone. */
  readonly fusedGate: boolean;
  /** Whether queries and keys are normalised, and the attention's result a second time; of jina-bert-v2 alone. */
  readonly extraNorms: boolean;
}

const minilm: ModelShape = {
  architecture: "bert",
  tokenizer: "wordpiece",
  tokens: 30_522,
  blocks: 6,
  width: 384,
  heads: 12,
  feedForward: 1536,
  contextLength: 512,
  pooling: "mean",
  fusedQkv: false,
  fusedGate: false,
  extraNorms: false,
};

const nomic: ModelShape = {
  ...minilm,
  architecture: "nomic-bert",
  blocks: 12,
  width: 768,
  feedForward: 3072,
  contextLength: 2048,
  fusedQkv: true,
};

const jinaV2Code: ModelShape = {
  ...minilm,
  architecture: "jina-bert-v2",
  tokenizer: "bpe",
  tokens: 61_056,
  blocks: 12,
  width: 768,
  feedForward: 3072,
  contextLength: 8192,
  fusedGate: true,
  extraNorms: true,
};

/** Small enough for a test to write and to compute naively. */
const tiny: Partial<ModelShape> = { tokens: 512, blocks: 2, width: 64, heads: 4, feedForward: 256, contextLength: 512 };

export type ModelShapeName =
  | "minilm"
  | "bge-small"
  | "nomic"
  | "jina-v2-code"
  | "jina-v2-small"
  | "tiny-bert"
  | "tiny-nomic"
  | "tiny-jina"
  | "tiny-jina-code";

/**
 * The shapes of all-MiniLM-L6-v2, bge-small-en-v1.5, nomic-embed-text-v1.5, jina-embeddings-v2-base-code and
 * jina-embeddings-v2-small-en, and a tiny one for each way in which their architectures differ.
 */
export const modelShapes: Readonly<Record<ModelShapeName, ModelShape>> = {
  minilm,
  "bge-small": { ...minilm, blocks: 12, pooling: "cls" },
  nomic,
  "jina-v2-code": jinaV2Code,
  "jina-v2-small": {
    ...minilm,
    architecture: "jina-bert-v2",
    tokens: 30_528,
    blocks: 4,
    width: 512,
    heads: 8,
    feedForward: 2048,
    contextLength: 8192,
  },
  "tiny-bert": { ...minilm, ...tiny },
  "tiny-nomic": { ...nomic, ...tiny },
  "tiny-jina": { ...minilm, ...tiny, architecture: "jina-bert-v2" },
  // Six heads: no power of two, so that the slopes of its position bias are of both kinds.
  "tiny-jina-code": { ...jinaV2Code, ...tiny, width: 96, heads: 6 },
};
