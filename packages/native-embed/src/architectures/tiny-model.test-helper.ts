import { writeGguf } from "@resona/test-models";
import type { WrittenValue } from "@resona/test-models";

export const tinyWidth = 64;

/** Words, pieces, single characters and a continuation that only a lower-cased non-ASCII letter reaches. */
export const tinyTokens: readonly string[] = [
  "[PAD]",
  ...Array.from("abcdefghijklmnopqrstuvwxyz0123456789"),
  ...Array.from("abcdefghijklmnopqrstuvwxy", (letter) => `##${letter}`),
  "retry",
  "http",
  "server",
  "##er",
  "##ing",
  "load",
  "loader",
  "straße",
  "über",
  "##ß",
  "你好",
  "\u{10428}",
  "Upper",
];

export interface TinyModel {
  readonly tokens?: readonly string[];
  /** Replaces entries of the metadata; null leaves one out. */
  readonly metadata?: Readonly<Record<string, WrittenValue | null>>;
  readonly tensorName?: string;
  readonly tensorType?: number;
  readonly dimensions?: readonly number[];
  /** Called on the Q8_0 bytes before they are written. */
  readonly damage?: (data: Buffer) => void;
}

/** A whole static-embedding file of a few kilobytes with made-up but fixed weights. */
export function writeTinyModel(model: TinyModel = {}): Buffer {
  const tokens = model.tokens ?? tinyTokens;
  const metadata: Record<string, WrittenValue | null> = {
    "general.architecture": { type: "string", value: "static-embedding" },
    "general.name": { type: "string", value: "tiny" },
    "static-embedding.embedding_length": { type: "uint32", value: tinyWidth },
    "static-embedding.vocab_size": { type: "uint32", value: tokens.length },
    "static-embedding.term_weighting": { type: "string", value: "log" },
    "static-embedding.normalize": { type: "bool", value: true },
    "static-embedding.path_weight": { type: "float32", value: 1.5 },
    "tokenizer.ggml.model": { type: "string", value: "identifier-wordpiece" },
    "tokenizer.ggml.tokens": {
      type: "array",
      elementType: "string",
      elements: tokens.map((value) => ({ type: "string", value })),
    },
    ...model.metadata,
  };
  const data = makeBlocks((tokens.length * tinyWidth) / 32);
  model.damage?.(data);
  return writeGguf({
    metadata: Object.entries(metadata).flatMap(([key, value]) => (value === null ? [] : [[key, value] as const])),
    tensors: [
      {
        name: model.tensorName ?? "token_embd.weight",
        dimensions: model.dimensions ?? [tinyWidth, tokens.length],
        type: model.tensorType ?? 8,
        data,
      },
    ],
  });
}

/** Q8_0 blocks: scales 2^-7, 2^-6, 2^-5 in turn, bytes from a linear congruence. */
function makeBlocks(blocks: number): Buffer {
  const data = Buffer.alloc(blocks * 34);
  let state = 1;
  for (let block = 0; block < blocks; block++) {
    data.writeUInt16LE((8 + (block % 3)) << 10, block * 34);
    for (let i = 0; i < 32; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      data.writeInt8((state >>> 24) - 128, block * 34 + 2 + i);
    }
  }
  return data;
}
