import type { ModelInspection } from "@resona/core";
import { expect, test } from "vitest";

import { formatModel } from "./model.ts";

const model: ModelInspection = {
  name: "nomic-embed-text-v1.5",
  architecture: "nomic-bert",
  version: 3,
  fileBytes: 146_146_432,
  parameters: 136_731_648,
  contextLength: 2048,
  embeddingLength: 768,
  blockCount: 12,
  headCount: 12,
  feedForwardLength: 3072,
  tensors: [
    { format: "Q8_0", tensors: 61, bytes: 145_270_000 },
    { format: "F32", tensors: 51, bytes: 156_672 },
    { format: "IQ4_NL", tensors: 1, bytes: undefined },
  ],
  tokenizer: { model: "bert", pre: "jina-v2-en", tokens: 30_522 },
  pooling: "mean",
  supported: true,
  problem: undefined,
  memoryBytes: 180_500_000,
};

test("a model is an aligned list", () => {
  expect(formatModel(model)).toBe(
    [
      "Model         nomic-embed-text-v1.5",
      "File          GGUF version 3, 146 MB",
      "Architecture  nomic-bert",
      "Parameters    136,731,648",
      "Dimension     768",
      "Context       2,048 tokens",
      "Blocks        12",
      "Heads         12",
      "Feed-forward  3,072",
      "Tokenizer     bert (jina-v2-en), 30,522 tokens",
      "Pooling       mean",
      "Tensors       113",
      "  Q8_0    61 tensors  145 MB",
      "  F32     51 tensors  157 kB",
      "  IQ4_NL   1 tensor   size unknown",
      "Memory        up to 181 MB (weights, and work space of one thread)",
      "Supported     yes",
      "",
    ].join("\n"),
  );
});

test("a static model takes the same memory for any text", () => {
  expect(formatModel({ ...model, architecture: "static-embedding" })).toContain("\nMemory        181 MB\n");
});

test("a model that cannot be used says why and what to do, and nothing that its file does not state", () => {
  const bare: ModelInspection = {
    ...model,
    architecture: undefined,
    contextLength: undefined,
    embeddingLength: undefined,
    blockCount: undefined,
    headCount: undefined,
    feedForwardLength: undefined,
    tensors: [],
    tokenizer: undefined,
    pooling: undefined,
    supported: false,
    problem: { code: "MODEL_INVALID", message: "It has no architecture.", nextStep: "Convert it anew." },
    memoryBytes: undefined,
  };
  expect(formatModel(bare)).toBe(
    [
      "Model         nomic-embed-text-v1.5",
      "File          GGUF version 3, 146 MB",
      "Architecture  not stated",
      "Parameters    136,731,648",
      "Tokenizer     not stated",
      "Pooling       not stated",
      "Tensors       0",
      "Supported     no",
      "  It has no architecture.",
      "  Convert it anew.",
      "",
    ].join("\n"),
  );
});

test("what a file says can neither drive the terminal nor fill it", () => {
  const hostile = "\u001b[2J\n".repeat(1_000);
  const text = formatModel({
    ...model,
    name: hostile,
    architecture: hostile,
    tokenizer: { model: hostile, pre: undefined, tokens: undefined },
    supported: false,
    problem: { code: "MODEL_UNSUPPORTED", message: 'It is "\u001b[2J".', nextStep: "Use another." },
  });
  expect(text).not.toContain("\u001b");
  expect(text).toContain('  It is "\\u001b[2J".\n');
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(130);
});
