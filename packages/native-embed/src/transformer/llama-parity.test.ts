import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { modelFormats, startLlama, writeModel } from "@resona/test-models";
import type { ModelFormat, ModelShapeName } from "@resona/test-models";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { openFileSource } from "../gguf/byte-source.ts";
import { readGgufHeader } from "../gguf/read-gguf-header.ts";
import { loadTokenizer } from "../tokenizers/load-tokenizer.ts";
import { createForward } from "./forward.ts";
import type { Forward } from "./forward.ts";
import { loadTransformer } from "./load-transformer.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "llama-parity-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const shapes: readonly ModelShapeName[] = ["tiny-bert", "tiny-nomic", "tiny-jina", "tiny-jina-code"];
const formats = Object.keys(modelFormats) as ModelFormat[];
const cases = shapes.flatMap((shape) => formats.map((format) => ({ shape, format })));

const texts = [
  "x",
  "Hello, World!",
  "retry the upload with back-off ".repeat(4),
  "for (let i = 0; i < n; i++) sum += a[i]; ".repeat(8),
];

describe.each(cases)("$shape in $format", ({ shape, format }) => {
  it("gives the vectors of llama.cpp", async () => {
    const path = join(folder, `${shape}-${format}.gguf`);
    writeModel(path, { shape, format });
    const { forward, encode, dimension } = await load(path);
    const llama = await (await startLlama()).load(path);
    await llama.prepare(512);
    const sequences = texts.map(encode);
    const together = forward.embed(
      Int32Array.from(sequences.flatMap((ids) => [...ids])),
      Int32Array.from(sequences, (ids) => ids.length),
    );
    const atLeast = ["F32", "F16", "BF16"].includes(format) ? 0.99999 : 0.999;
    for (const [index, ids] of sequences.entries()) {
      const expected = await llama.embedTokens([...ids]);
      const alone = forward.embed(ids, Int32Array.of(ids.length));
      expect(cosine(alone, expected)).toBeGreaterThan(atLeast);
      expect(cosine(together.subarray(index * dimension, (index + 1) * dimension), alone)).toBeGreaterThan(0.999_999);
    }
    await llama.close();
  });
});

async function load(
  path: string,
): Promise<{ forward: Forward; encode: (text: string) => Int32Array; dimension: number }> {
  const source = await openFileSource(path);
  try {
    const header = await readGgufHeader(source);
    const tokenizer = await loadTokenizer(source, header);
    const { setup, dimension } = await loadTransformer(source, header, { threads: 1 });
    return {
      forward: createForward({ ...setup, region: 0 }),
      encode: (text) => tokenizer.encode(text, 512).ids,
      dimension,
    };
  } finally {
    await source.close();
  }
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}
