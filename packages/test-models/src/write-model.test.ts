import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { BlockFormat } from "./encode-blocks.ts";
import { openLlama } from "./llama-reference.ts";
import { modelFormats, storedFormat } from "./model-formats.ts";
import type { ModelFormat } from "./model-formats.ts";
import { modelShapes } from "./model-shapes.ts";
import type { ModelShapeName } from "./model-shapes.ts";
import { modelTensors } from "./model-tensors.ts";
import { modelBytes, writeModel } from "./write-model.ts";
import type { ModelOptions } from "./write-model.ts";

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "resona-test-models-"));
  file = join(folder, "model.gguf");
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const texts = ["The way it was made", "return await this.last(state)", "x"];

/** The vectors that llama.cpp computes with the model of these options. */
async function embedWithLlama(options: ModelOptions): Promise<number[][]> {
  writeModel(file, options);
  const llama = await openLlama(file, { contextSize: 64 });
  const vectors: number[][] = [];
  for (const text of texts) vectors.push(await llama.embed(text));
  await llama.close();
  return vectors;
}

function cosine(a: readonly number[], b: readonly number[]): number {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    x.reduce((sum, value, i) => sum + value * (y[i] ?? Number.NaN), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

describe("a written model in llama.cpp", () => {
  const tinyShapes = (Object.keys(modelShapes) as ModelShapeName[]).filter((name) => name.startsWith("tiny"));

  it.each(tinyShapes)("tells texts apart, in nearly the same way in every format: %s", async (shape) => {
    const exact = await embedWithLlama({ shape, format: "F32" });
    for (const [i, vector] of exact.entries()) {
      expect(vector).toHaveLength(modelShapes[shape].width);
      for (const other of exact.slice(0, i)) expect(cosine(vector, other)).toBeLessThan(0.99);
    }
    for (const format of Object.keys(modelFormats) as ModelFormat[]) {
      const rounded = await embedWithLlama({ shape, format });
      for (const [i, vector] of rounded.entries()) expect(cosine(vector, exact[i] ?? [])).toBeGreaterThan(0.95);
    }
  });

  it("may have queries, keys and values in one tensor or in three", async () => {
    for (const shape of [modelShapes["tiny-bert"], modelShapes["tiny-nomic"], modelShapes["tiny-jina"]]) {
      for (const fusedQkv of [true, false]) {
        const vectors = await embedWithLlama({ shape: { ...shape, fusedQkv }, format: "F32" });
        expect(vectors.flat().every(Number.isFinite)).toBe(true);
      }
    }
  });

  it("may have any of the tokenizers", async () => {
    for (const tokenizer of ["wordpiece", "bpe", "unigram"] as const) {
      const shape = { ...modelShapes["tiny-bert"], tokenizer, tokens: 2000 };
      const vectors = await embedWithLlama({ shape, format: "F32" });
      expect(vectors.flat().every(Number.isFinite)).toBe(true);
    }
  });
});

describe("writeModel", () => {
  const options: ModelOptions = { shape: "tiny-nomic", format: "Q4_K_M" };

  it("writes the same file every time, and other weights for another seed", async () => {
    const { bytes } = writeModel(file, options);
    const first = await readFile(file);
    expect(first.byteLength).toBe(bytes);
    expect(first.equals(modelBytes(options))).toBe(true);
    expect(first.equals(modelBytes({ ...options, seed: 2 }))).toBe(false);
  });

  it("replaces and leaves out entries as told", () => {
    const keys = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
    const changed = modelBytes({
      ...options,
      metadata: [["general.name", { type: "string", value: "another name" }]],
      omit: ["nomic-bert.pooling_type"],
    });
    expect(keys(changed)).toContain("another name");
    expect(keys(changed)).not.toContain("pooling_type");
    expect(keys(modelBytes(options))).toContain("pooling_type");
  });
});

describe("storedFormat", () => {
  function formatsOf(shape: ModelShapeName, format: ModelFormat): Partial<Record<BlockFormat, number>> {
    const counts: Partial<Record<BlockFormat, number>> = {};
    for (const { name, dimensions, quantized } of modelTensors(modelShapes[shape])) {
      if (!quantized) continue;
      const stored = storedFormat(format, name, dimensions[0] ?? 0, modelShapes[shape].blocks);
      counts[stored] = (counts[stored] ?? 0) + 1;
    }
    return counts;
  }

  it("mixes formats as llama-quantize does where rows are no whole number of blocks of 256", () => {
    expect(formatsOf("minilm", "Q4_K_M")).toEqual({ Q5_0: 28, Q8_0: 3, Q4_K: 4, Q6_K: 2 });
    expect(formatsOf("minilm", "Q6_K")).toEqual({ Q8_0: 31, Q6_K: 6 });
  });

  it("gives more bits to the embedding table and to some matrices of some blocks", () => {
    expect(formatsOf("nomic", "Q4_K_M")).toEqual({ Q4_K: 48, Q6_K: 13 });
    expect(formatsOf("nomic", "Q4_0")).toEqual({ Q4_0: 60, Q6_K: 1 });
    expect(formatsOf("nomic", "Q8_0")).toEqual({ Q8_0: 61 });
  });
});

describe("the shapes", () => {
  it("have as many parameters as the models that they are named after", () => {
    const parameters = (name: ModelShapeName): number =>
      modelTensors(modelShapes[name]).reduce((sum, { dimensions }) => sum + dimensions.reduce((a, b) => a * b, 1), 0);
    expect(parameters("minilm") / 1e6).toBeCloseTo(22.57, 2);
    expect(parameters("bge-small") / 1e6).toBeCloseTo(33.21, 2);
    expect(parameters("nomic") / 1e6).toBeCloseTo(136.73, 2);
    expect(parameters("jina-v2-code") / 1e6).toBeCloseTo(160.3, 1);
    expect(parameters("jina-v2-small") / 1e6).toBeCloseTo(32.4, 1);
  });
});
