import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { modelBytes, modelShapes } from "@resona/test-models";
import type { ModelOptions } from "@resona/test-models";
import { describe, expect, it } from "vitest";

import { NativeEmbedError } from "../errors.ts";
import { memorySource, openFileSource } from "../gguf/byte-source.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import { mutations } from "../gguf/mutations.test-helper.ts";
import { readGgufHeader } from "../gguf/read-gguf-header.ts";
import { loadTokenizer } from "../tokenizers/load-tokenizer.ts";
import { createForward } from "./forward.ts";
import { loadTransformer } from "./load-transformer.ts";
import type { LoadedTransformer, LoadOptions } from "./load-transformer.ts";
import { MemoryMonitor } from "./memory-monitor.ts";

async function load(source: ByteSource, options: Partial<LoadOptions> = {}): Promise<LoadedTransformer> {
  return loadTransformer(source, await readGgufHeader(source), { threads: 1, ...options });
}

const tiny: ModelOptions = { shape: "tiny-bert", format: "Q8_0" };

const codeOf = (bytes: Uint8Array, options?: Partial<LoadOptions>): Promise<unknown> =>
  load(memorySource(bytes), options).then(
    () => "no error",
    (error: unknown) => (error instanceof NativeEmbedError ? error.code : error),
  );

describe("loading", () => {
  it("reads every weight once, at most 64 KiB at a time, straight into the shared memory", async () => {
    const bytes = modelBytes({ shape: { ...modelShapes["tiny-bert"], tokens: 4_000 }, format: "Q8_0" });
    const source = memorySource(bytes);
    const header = await readGgufHeader(source);
    const reads: { size: number; isShared: boolean }[] = [];
    const watched: ByteSource = {
      ...source,
      read: (target, position) => {
        reads.push({ size: target.byteLength, isShared: target.buffer instanceof SharedArrayBuffer });
        return source.read(target, position);
      },
    };
    const monitor = new MemoryMonitor();
    const { memory } = await loadTransformer(watched, header, { threads: 1, monitor });
    const weights = [...header.tensors.values()].reduce((sum, { byteLength = 0 }) => sum + byteLength, 0);
    expect(reads.every(({ size, isShared }) => size <= 65_536 && isShared)).toBe(true);
    expect(reads.reduce((sum, { size }) => sum + size, 0)).toBe(weights);
    expect(memory.loading).toEqual({ chunks: reads.length, bytes: weights, largestAllocation: 262_144, peak: 262_144 });
  });

  it("lets other work of the process run between the reads", async () => {
    const folder = await mkdtemp(join(tmpdir(), "load-transformer-"));
    const path = join(folder, "model.gguf");
    await writeFile(path, modelBytes({ shape: { ...modelShapes["tiny-bert"], tokens: 8_000 }, format: "F32" }));
    const source = await openFileSource(path);
    let turns = 0;
    const count = (): void => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    const { chunks } = (await load(source)).memory.loading!;
    clearImmediate(timer);
    await source.close();
    await rm(folder, { recursive: true });
    expect(chunks).toBeGreaterThan(30);
    // Four reads are under way at once, so that one turn can see all of them finish.
    expect(turns).toBeGreaterThan(chunks / 5);
  });

  it("stops at the next read once it is aborted", async () => {
    const source = memorySource(modelBytes(tiny));
    const abort = new AbortController();
    let reads = 0;
    const watched: ByteSource = {
      ...source,
      async read(target, position) {
        if (++reads === 5) abort.abort(new Error("enough"));
        await source.read(target, position);
      },
    };
    const header = await readGgufHeader(source);
    await expect(loadTransformer(watched, header, { threads: 1, signal: abort.signal })).rejects.toThrow("enough");
    expect(reads).toBeLessThan(12);
  });

  it("fails when it would break its promise on memory", async () => {
    const monitor = new MemoryMonitor({ allocation: 65_536, working: 65_536 });
    await expect(load(memorySource(modelBytes(tiny)), { monitor })).rejects.toThrow(RangeError);
  });

  it("gives every thread a work space, and the same vectors in each", async () => {
    const { setup, threads } = await load(memorySource(modelBytes(tiny)), { threads: 3 });
    const tokens = Int32Array.of(5, 6, 7, 8);
    const vectors = [0, 1, 2].map((region) => createForward({ ...setup, region }).embed(tokens, Int32Array.of(4)));
    expect(threads).toBe(3);
    expect(vectors[1]).toEqual(vectors[0]);
    expect(vectors[2]).toEqual(vectors[0]);
    expect(Math.hypot(...vectors[0]!)).toBeCloseTo(1, 5);
  });

  it("makes room for fewer threads when the memory does not reach for all", async () => {
    const shape = { ...modelShapes["tiny-jina"], contextLength: 1_000_000 };
    const { threads, maxTokens } = await load(memorySource(modelBytes({ shape, format: "Q8_0" })), { threads: 64 });
    expect(maxTokens).toBe(1_000_000);
    expect(threads).toBeGreaterThanOrEqual(1);
    expect(threads).toBeLessThan(64);
  });

  it("pools as the file says, or as it is told", async () => {
    const tokens = Int32Array.of(5, 6, 7, 8);
    const vectors = await Promise.all(
      (["mean", "cls", "last"] as const).map(async (pooling) => {
        const { setup } = await load(memorySource(modelBytes(tiny)), { pooling });
        return createForward({ ...setup, region: 0 }).embed(tokens, Int32Array.of(4));
      }),
    );
    const { setup } = await load(memorySource(modelBytes(tiny)));
    expect(createForward({ ...setup, region: 0 }).embed(tokens, Int32Array.of(4))).toEqual(vectors[0]);
    expect(vectors[1]).not.toEqual(vectors[0]);
    expect(vectors[2]).not.toEqual(vectors[1]);
  });
});

describe("a model that cannot be run", () => {
  const entry = (key: string, value: number): ModelOptions => ({
    ...tiny,
    metadata: [[key, { type: "uint32", value }]],
  });

  it.each([
    ["does not say how to pool", { ...tiny, omit: ["bert.pooling_type"] }, "POOLING_UNKNOWN"],
    ["says to pool in a way that is none", entry("bert.pooling_type", 0), "POOLING_UNKNOWN"],
    ["ranks", entry("bert.pooling_type", 4), "UNSUPPORTED_ARCHITECTURE"],
    ["has no block count", { ...tiny, omit: ["bert.block_count"] }, "INVALID_METADATA"],
    ["has more blocks than tensors", entry("bert.block_count", 3), "INVALID_TENSOR"],
    ["has no blocks", entry("bert.block_count", 0), "INVALID_METADATA"],
    ["has absurdly many blocks", entry("bert.block_count", 4_000_000_000), "LIMIT_EXCEEDED"],
    ["has another width than its tensors", entry("bert.embedding_length", 96), "INVALID_TENSOR"],
    ["has another inner width than its tensors", entry("bert.feed_forward_length", 128), "INVALID_TENSOR"],
    ["has an odd width", entry("bert.embedding_length", 50), "UNSUPPORTED_ARCHITECTURE"],
    ["has heads that do not divide its width", entry("bert.attention.head_count", 5), "UNSUPPORTED_ARCHITECTURE"],
    ["has fewer heads for keys", entry("bert.attention.head_count_kv", 1), "UNSUPPORTED_ARCHITECTURE"],
    ["has more positions than vectors for them", entry("bert.context_length", 100_000), "INVALID_TENSOR"],
  ] satisfies [string, ModelOptions, string][])("because it %s", async (_, options, code) => {
    expect(await codeOf(modelBytes(options))).toBe(code);
  });

  it("because its attention looks back only", async () => {
    const metadata = [["bert.attention.causal", { type: "bool", value: true }]] as const;
    expect(await codeOf(modelBytes({ ...tiny, metadata }))).toBe("UNSUPPORTED_ARCHITECTURE");
  });

  it("because its vocabulary is that of another model", async () => {
    const bytes = modelBytes(tiny);
    const header = await readGgufHeader(memorySource(bytes));
    const tokens = header.metadata.get("tokenizer.ggml.tokens");
    const other = new Map(header.metadata).set("tokenizer.ggml.tokens", { ...(tokens as object), length: 10 } as never);
    await expect(
      loadTransformer(memorySource(bytes), { ...header, metadata: other }, { threads: 1 }),
    ).rejects.toMatchObject({
      code: "INVALID_TENSOR",
    });
  });

  it.each(["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"] as const)(
    "because a weight in %s is not finite",
    async (format) => {
      const bytes = modelBytes({ ...tiny, format });
      const { tensors } = await readGgufHeader(memorySource(bytes));
      const { position, format: stored } = tensors.get("blk.1.ffn_down.weight")!;
      bytes.set(stored === "F32" ? [0, 0, 0x80, 0x7f] : stored === "BF16" ? [0x80, 0x7f] : [0, 0x7c], position);
      expect(await codeOf(bytes)).toBe("INVALID_TENSOR");
    },
  );

  it("unless it is told how to pool what does not say so", async () => {
    expect(await codeOf(modelBytes({ ...tiny, omit: ["bert.pooling_type"] }), { pooling: "cls" })).toBe("no error");
  });
});

it.each([
  ["the weights are absurd", "blk.0.layer_output_norm.weight"],
  ["the last weights are absurd", "blk.1.layer_output_norm.bias"],
])("tells by NaN when %s", async (_why, name) => {
  const bytes = modelBytes(tiny);
  const { tensors } = await readGgufHeader(memorySource(bytes));
  new DataView(bytes.buffer).setFloat32(tensors.get(name)!.position, 3e38, true);
  const { setup } = await load(memorySource(bytes));
  const vectors = createForward({ ...setup, region: 0 }).embed(Int32Array.of(5, 6, 7, 8), Int32Array.of(2, 2));
  expect(vectors.every((value) => Number.isNaN(value))).toBe(true);
});

it.each([
  ["Q8_0", "F16"],
  ["F16", "F32"],
] as const)("takes queries and keys in %s with values in %s", async (most, values) => {
  const shape = modelShapes["tiny-bert"];
  const plain = modelBytes({ shape, format: most });
  const other = modelBytes({ shape, format: values });
  const source = memorySource(plain);
  const header = await readGgufHeader(source);
  const { tensors } = await readGgufHeader(memorySource(other));
  // The values' tensor as it is in the other file, which is read from where this one ends.
  const tensor = tensors.get("blk.0.attn_v.weight")!;
  const position = plain.byteLength;
  const both = memorySource(
    Buffer.concat([plain, other.subarray(tensor.position, tensor.position + tensor.byteLength!)]),
  );
  const mixed = { ...header, tensors: new Map(header.tensors).set(tensor.name, { ...tensor, position }) };
  const embed = ({ setup }: LoadedTransformer): Float32Array =>
    createForward({ ...setup, region: 0 }).embed(Int32Array.of(5, 6, 7, 8), Int32Array.of(4));
  const [expected, actual] = [await load(source), await loadTransformer(both, mixed, { threads: 1 })].map(embed);
  const cosine = expected!.reduce((sum, value, i) => sum + value * actual![i]!, 0);
  expect(cosine).toBeGreaterThan(0.999);
});

it("a damaged file is refused with a coded error, or loaded and run without harm", async () => {
  let loaded = 0;
  for (const shape of ["tiny-bert", "tiny-jina-code"] as const) {
    for (const { what, bytes } of mutations(3, modelBytes({ shape, format: "Q4_0" }), 250)) {
      const source = memorySource(bytes);
      try {
        const header = await readGgufHeader(source);
        const tokenizer = await loadTokenizer(source, header);
        const { setup, maxTokens } = await loadTransformer(source, header, { threads: 1, maxTokens: 32 });
        const { ids } = tokenizer.encode("for (let i = 0; i < n; i++) total += items[i];", maxTokens);
        const vector = createForward({ ...setup, region: 0 }).embed(ids, Int32Array.of(ids.length));
        expect(isUnitOrNaN(vector)).toBe(true);
        loaded++;
      } catch (error) {
        if (!(error instanceof NativeEmbedError)) throw new Error(`after ${what}`, { cause: error });
      }
    }
  }
  expect(loaded).toBeGreaterThan(20);
});

/** Numbers that overflow are told by NaN throughout, never by some. */
function isUnitOrNaN(vector: Float32Array): boolean {
  return vector.every((value) => Number.isNaN(value)) || Math.abs(Math.hypot(...vector) - 1) < 1e-3;
}
