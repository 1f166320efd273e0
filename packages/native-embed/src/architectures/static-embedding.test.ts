import { readFile } from "node:fs/promises";

import { u32, writeGguf } from "@resona/test-models";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";

import { defaultModelPath } from "../default-model.ts";
import { NativeEmbedError } from "../errors.ts";
import { memorySource } from "../gguf/byte-source.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import { readGgufHeader } from "../gguf/read-gguf-header.ts";
import { loadArchitecture } from "./load-architecture.ts";
import { cosine, largestDifference, naiveModel } from "./naive-embedding.test-helper.ts";
import type { NaiveModel } from "./naive-embedding.test-helper.ts";
import { loadStaticEmbedding } from "./static-embedding.ts";
import type { SynchronousModel } from "./text-model.ts";
import { tinyTokens, tinyWidth, writeTinyModel } from "./tiny-model.test-helper.ts";
import type { TinyModel } from "./tiny-model.test-helper.ts";

async function load(source: ByteSource): Promise<SynchronousModel> {
  return loadStaticEmbedding(source, await readGgufHeader(source));
}

async function codeOf(bytes: Uint8Array): Promise<string> {
  const source = memorySource(bytes);
  const error: unknown = await readGgufHeader(source)
    .then((header) => loadArchitecture(source, header, { threads: 1 }))
    .then(
      () => "no error",
      (reason: unknown) => reason,
    );
  if (error instanceof NativeEmbedError) return error.code;
  throw new Error(`expected a NativeEmbedError, got ${String(error)}`);
}

describe("a tiny model", () => {
  let model: SynchronousModel;
  let naive: NaiveModel;
  beforeAll(async () => {
    const bytes = writeTinyModel();
    model = await load(memorySource(bytes));
    naive = naiveModel(bytes);
  });

  it("gives vectors of length 1 and of its dimension", () => {
    const vector = model.embed("retry the loader", "");
    expect(vector).toHaveLength(tinyWidth);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 6);
  });

  it("gives zeros for text without a known word", () => {
    expect(model.embed("…{}();", "")).toEqual(new Float32Array(tinyWidth));
    expect(model.embed("", "")).toEqual(new Float32Array(tinyWidth));
  });

  it("counts the tokens that it embeds", () => {
    expect(model.countTokens("retry retrying {}")).toBe(3);
    const before = model.tokensSeen;
    model.embed("retry retrying {}", "http");
    expect(model.tokensSeen - before).toBe(4);
  });

  it("counts text and context apart", () => {
    const apart = model.embed("retry retry", "retry");
    const together = model.embed("retry retry retry", "");
    // One token alone always gives its own direction; the weights show only beside another token.
    expect(cosine(apart, together)).toBeCloseTo(1, 6);
    const mixed = model.embed("retry retry server", "retry");
    expect(cosine(mixed, naive.embed("retry retry server", "retry"))).toBeCloseTo(1, 6);
    expect(cosine(mixed, naive.embed("retry retry server retry", ""))).toBeLessThan(0.9999);
  });

  it("leaves nothing of one text in the vector of the next", () => {
    const first = model.embed("retry the loader", "http");
    model.embed("x ".repeat(500), "server");
    expect(model.embed("retry the loader", "http")).toEqual(first);
  });

  it("agrees with the naive model on any text", () => {
    const word = fc.constantFrom(...tinyTokens, "Loading", "HTTPServer", "Straße", "42", "…", "x_y");
    const anyText = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.array(word, { maxLength: 200 }).map((words) => words.join(" ")),
    );
    fc.assert(
      fc.property(anyText, anyText, (body, context) => {
        // Both have length 1 or are zeros: a small difference is a cosine of nearly 1.
        expect(largestDifference(model.embed(body, context), naive.embed(body, context))).toBeLessThan(1e-6);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a file that cannot be used", () => {
  it("ends in a coded error wherever it is cut off", async () => {
    const bytes = writeTinyModel({ tokens: ["[PAD]", "a", "##b"] });
    const { tensors } = await readGgufHeader(memorySource(bytes));
    const { position, byteLength } = tensors.get("token_embd.weight")!;
    for (let length = 0; length < position + byteLength!; length++) {
      expect(await codeOf(bytes.subarray(0, length)), `cut off at ${length}`).toMatch(/^(NOT_GGUF|TRUNCATED)$/);
    }
  });

  it("ends in a coded error or finite vectors, whatever bytes are changed", async () => {
    const original = writeTinyModel({ tokens: ["[PAD]", "a", "##b", "retry"] });
    const change = fc.tuple(fc.nat({ max: original.byteLength - 1 }), fc.nat({ max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const bytes = Buffer.from(original);
        for (const [position, byte] of changes) bytes[position] = byte;
        const outcome = await load(memorySource(bytes)).then(
          (model) => model.embed("ab retry", "a").every(Number.isFinite),
          (error: unknown) => error instanceof NativeEmbedError,
        );
        expect(outcome).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  const cases: [name: string, model: TinyModel, code: string][] = [
    ["no architecture", { metadata: { "general.architecture": null } }, "INVALID_METADATA"],
    ["another architecture", { metadata: { "general.architecture": text("llama") } }, "UNSUPPORTED_ARCHITECTURE"],
    ["an inherited name", { metadata: { "general.architecture": text("constructor") } }, "UNSUPPORTED_ARCHITECTURE"],
    ["another tokenizer", { metadata: { "tokenizer.ggml.model": text("bert") } }, "UNSUPPORTED_TOKENIZER"],
    ["no tokens", { metadata: { "tokenizer.ggml.tokens": null } }, "INVALID_METADATA"],
    ["tokens that are no array", { metadata: { "tokenizer.ggml.tokens": text("a") } }, "INVALID_METADATA"],
    ["fewer tokens than rows", { metadata: { "tokenizer.ggml.tokens": texts(["a"]) } }, "INVALID_METADATA"],
    ["a token of 1,025 bytes", { tokens: ["a".repeat(1_025)] }, "LIMIT_EXCEEDED"],
    ["another weighting", { metadata: { "static-embedding.term_weighting": text("idf") } }, "INVALID_METADATA"],
    [
      "no normalisation",
      { metadata: { "static-embedding.normalize": { type: "bool", value: false } } },
      "INVALID_METADATA",
    ],
    ["a path weight of NaN", { metadata: { "static-embedding.path_weight": float(NaN) } }, "INVALID_METADATA"],
    ["a negative path weight", { metadata: { "static-embedding.path_weight": float(-1) } }, "INVALID_METADATA"],
    ["a width of zero", { metadata: { "static-embedding.embedding_length": float(0) } }, "INVALID_METADATA"],
    ["half a width", { metadata: { "static-embedding.embedding_length": float(63.5) } }, "INVALID_METADATA"],
    [
      "a huge width",
      { metadata: { "static-embedding.embedding_length": { type: "uint64", value: 2n ** 63n } } },
      "LIMIT_EXCEEDED",
    ],
    [
      "another width than the table's",
      { metadata: { "static-embedding.embedding_length": float(32) } },
      "INVALID_TENSOR",
    ],
    ["a table of three dimensions", { dimensions: [tinyWidth, tinyTokens.length, 1] }, "INVALID_TENSOR"],
    ["no table", { tensorName: "other.weight" }, "INVALID_TENSOR"],
    ["a table in F16", { tensorType: 1, dimensions: [tinyWidth, 2] }, "UNSUPPORTED_TENSOR_TYPE"],
    ["a table in Q4_0", { tensorType: 2 }, "UNSUPPORTED_TENSOR_TYPE"],
    ["a scale of infinity", { damage: (data) => data.writeUInt16LE(0x7c00, 34) }, "INVALID_TENSOR"],
  ];
  it.each(cases)("refuses %s", async (_, model, code) => {
    expect(await codeOf(writeTinyModel(model))).toBe(code);
  });

  it("refuses a vocabulary of more tokens than any model has", async () => {
    const metadata = { "static-embedding.vocab_size": { type: "uint32", value: 2_000_000 } } as const;
    expect(await codeOf(writeTinyModel({ metadata }))).toBe("LIMIT_EXCEEDED");
  });

  it("refuses a file without anything in it", async () => {
    expect(await codeOf(writeGguf({}))).toBe("INVALID_METADATA");
    expect(await codeOf(u32(0))).toBe("NOT_GGUF");
  });
});

describe("the model that ships with the package", () => {
  let model: SynchronousModel;
  let naive: NaiveModel;
  let reads: { total: number; largest: number };
  beforeAll(async () => {
    const bytes = await readFile(defaultModelPath);
    const { source, counted } = countReads(memorySource(bytes));
    model = await load(source);
    naive = naiveModel(bytes);
    reads = counted;
  });

  it("is loaded by reads of at most 64 KiB into about the file's size of memory", () => {
    expect(reads.largest).toBeLessThanOrEqual(65_536);
    expect(reads.total).toBeLessThan(11_000_000);
    const { weights, vocabulary, scratch } = model.memory();
    expect(weights).toBe(30_610 * (256 + 32));
    expect(weights + vocabulary + scratch).toBeLessThan(10_500_000);
  });

  it("gives the vectors and tokens of the program that it was trained with", async () => {
    const golden = JSON.parse(await readFile(new URL("static-embedding.golden.json", import.meta.url), "utf8")) as {
      text: string;
      context: string;
      tokens: number[];
      /** The first six and the last two numbers. */
      vector: number[];
    }[];
    expect(golden.length).toBeGreaterThan(5);
    for (const { text: body, context, tokens, vector } of golden) {
      expect(naive.tokenize(body)).toEqual(tokens);
      const found = [...model.embed(body, context)];
      expect(largestDifference([...found.slice(0, 6), ...found.slice(-2)], vector)).toBeLessThan(1e-6);
    }
  });

  it("agrees with the naive model on source code", async () => {
    const code = await readFile(new URL("../gguf/read-gguf-header.ts", import.meta.url), "utf8");
    for (let start = 0; start < code.length; start += 1_200) {
      const chunk = code.slice(start, start + 1_200);
      expect(cosine(model.embed(chunk, "gguf header"), naive.embed(chunk, "gguf header"))).toBeGreaterThan(0.99999);
    }
  });
});

function text(value: string): { type: "string"; value: string } {
  return { type: "string", value };
}

function float(value: number): { type: "float32"; value: number } {
  return { type: "float32", value };
}

function texts(values: readonly string[]): {
  type: "array";
  elementType: "string";
  elements: { type: "string"; value: string }[];
} {
  return { type: "array", elementType: "string", elements: values.map(text) };
}

function countReads(source: ByteSource): { source: ByteSource; counted: { total: number; largest: number } } {
  const counted = { total: 0, largest: 0 };
  const read: ByteSource["read"] = (target, position) => {
    counted.total += target.byteLength;
    counted.largest = Math.max(counted.largest, target.byteLength);
    return source.read(target, position);
  };
  return { source: { ...source, read }, counted };
}
