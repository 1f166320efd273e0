import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { modelBytes, writeGguf } from "@resona/test-models";
import type { WrittenTensor, WrittenValue } from "@resona/test-models";
import { describe, expect, it, onTestFinished } from "vitest";

import { writeTinyModel } from "./architectures/tiny-model.test-helper.ts";
import { createEmbedder } from "./create-embedder.ts";
import { defaultModelPath } from "./default-model.ts";
import { memorySource } from "./gguf/byte-source.ts";
import type { ByteSource } from "./gguf/byte-source.ts";
import { inspectModel } from "./inspect-model.ts";

const text = (value: string): WrittenValue => ({ type: "string", value });
const int = (value: number): WrittenValue => ({ type: "uint32", value });

const zeros = (name: string, type: number, dimensions: number[], bytes: number): WrittenTensor => ({
  name,
  type,
  dimensions,
  data: Buffer.alloc(bytes),
});

const bertMetadata: Readonly<Record<string, WrittenValue>> = {
  "general.architecture": text("eurobert"),
  "general.name": text("small"),
  "eurobert.context_length": int(512),
  "eurobert.embedding_length": int(64),
  "eurobert.block_count": int(2),
  "eurobert.attention.head_count": int(4),
  "eurobert.feed_forward_length": int(256),
  "eurobert.pooling_type": int(2),
  "tokenizer.ggml.model": text("bert"),
  "tokenizer.ggml.pre": text("jina-v2-en"),
  "tokenizer.ggml.tokens": { type: "array", elementType: "string", elements: ["a", "b", "c"].map(text) },
};

/** A header with these changes: null leaves an entry out. */
function header(
  changes: Readonly<Record<string, WrittenValue | null>> = {},
  tensors: WrittenTensor[] = [],
): ByteSource {
  const entries = Object.entries({ ...bertMetadata, ...changes });
  const metadata = entries.flatMap(([key, value]) => (value === null ? [] : [[key, value] as const]));
  return memorySource(writeGguf({ metadata, tensors }), "models/small.gguf");
}

describe("a supported model", () => {
  it("is described, with the memory that loading it takes", async () => {
    const inspection = await inspectModel(defaultModelPath);
    expect(inspection).toMatchObject({
      name: "resona-code-static-v0",
      architecture: "static-embedding",
      version: 3,
      parameters: 30_610 * 256,
      embeddingLength: 256,
      contextLength: undefined,
      tensors: [{ format: "Q8_0", tensors: 1, bytes: (30_610 * 256 * 34) / 32 }],
      tokenizer: { model: "identifier-wordpiece", pre: undefined, tokens: 30_610 },
      pooling: undefined,
      supported: true,
      problem: undefined,
    });
    const embedder = await createEmbedder();
    expect(inspection.memoryBytes).toBe(embedder.memory().total);
    await embedder.close();
  });

  it("is told to take the memory that it takes, whatever its size", async () => {
    const folder = await mkdtemp(join(tmpdir(), "inspect-model-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "tiny.gguf");
    await writeFile(path, writeTinyModel());
    const embedder = await createEmbedder({ model: path });
    expect((await inspectModel(path)).memoryBytes).toBe(embedder.memory().total);
    await embedder.close();
  });
});

describe("a transformer", () => {
  it("is told to take what its weights and one thread take", async () => {
    const bytes = modelBytes({ shape: "tiny-bert", format: "Q4_0" });
    const inspection = await inspectModel(memorySource(bytes));
    const folder = await mkdtemp(join(tmpdir(), "inspect-model-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const path = join(folder, "tiny.gguf");
    await writeFile(path, bytes);
    const embedder = await createEmbedder({ model: path, threads: 1 });
    const { weights, scratch } = embedder.memory();
    await embedder.close();
    expect(inspection).toMatchObject({ supported: true, problem: undefined, pooling: "mean" });
    // What loading itself needs, the stack and four reads, is counted too.
    expect(inspection.memoryBytes! - weights - scratch).toBe(5 * 65_536);
  });

  it("whose text is split in a way that is not implemented is not supported", async () => {
    const metadata = [["tokenizer.ggml.pre", text("qwen2")]] as const;
    const bytes = modelBytes({ shape: "tiny-jina-code", format: "Q4_0", metadata });
    expect(await inspectModel(memorySource(bytes))).toMatchObject({
      supported: false,
      problem: { code: "UNSUPPORTED_TOKENIZER" },
    });
  });

  it("whose pooling is not stated is not supported, and the reader is asked", async () => {
    const bytes = modelBytes({ shape: "tiny-bert", format: "Q4_0", omit: ["bert.pooling_type"] });
    expect(await inspectModel(memorySource(bytes))).toMatchObject({
      supported: false,
      problem: { code: "POOLING_UNKNOWN" },
    });
  });
});

describe("any other model", () => {
  it("is described all the same, and what keeps it from being used is said", async () => {
    const inspection = await inspectModel(
      header({}, [
        zeros("a", 0, [64], 256),
        zeros("b", 12, [256, 4], 576),
        zeros("c", 0, [64], 256),
        zeros("d", 20, [32, 2], 36),
      ]),
    );
    expect(inspection).toMatchObject({
      name: "small",
      architecture: "eurobert",
      parameters: 64 + 1024 + 64 + 64,
      contextLength: 512,
      embeddingLength: 64,
      blockCount: 2,
      headCount: 4,
      feedForwardLength: 256,
      tensors: [
        { format: "Q4_K", tensors: 1, bytes: 576 },
        { format: "F32", tensors: 2, bytes: 512 },
        { format: "IQ4_NL", tensors: 1, bytes: undefined },
      ],
      tokenizer: { model: "bert", pre: "jina-v2-en", tokens: 3 },
      pooling: "cls",
      supported: false,
      problem: {
        code: "UNSUPPORTED_ARCHITECTURE",
        message: expect.stringContaining('models/small.gguf: it is "eurobert"'),
        nextStep: expect.stringContaining("README"),
      },
      memoryBytes: undefined,
    });
  });

  it.each([
    [0, "none"],
    [1, "mean"],
    [2, "cls"],
    [3, "last"],
    [4, "rank"],
    [5, undefined],
  ])("has for the pooling number %i the pooling %s", async (number, pooling) => {
    expect((await inspectModel(header({ "eurobert.pooling_type": int(number) }))).pooling).toBe(pooling);
  });

  it("leaves undefined what the file does not say, or not in a way that makes sense", async () => {
    const odd = await inspectModel(
      header({
        "general.name": null,
        "eurobert.context_length": { type: "float32", value: 0.5 },
        "eurobert.embedding_length": { type: "uint64", value: 2n ** 63n },
        "eurobert.block_count": { type: "int32", value: -1 },
        "eurobert.attention.head_count": { type: "array", elementType: "uint32", elements: [int(4), int(4)] },
        "eurobert.feed_forward_length": text("many"),
        "eurobert.pooling_type": null,
        "tokenizer.ggml.pre": int(1),
        "tokenizer.ggml.tokens": text("a"),
      }),
    );
    expect(odd).toMatchObject({
      name: "small.gguf",
      contextLength: undefined,
      embeddingLength: undefined,
      blockCount: undefined,
      headCount: undefined,
      feedForwardLength: undefined,
      pooling: undefined,
      tokenizer: { model: "bert", pre: undefined, tokens: undefined },
    });
  });

  it("may have neither an architecture nor a tokenizer", async () => {
    const bare = await inspectModel(header({ "general.architecture": null, "tokenizer.ggml.model": null }));
    expect(bare).toMatchObject({
      architecture: undefined,
      tokenizer: undefined,
      tensors: [],
      parameters: 0,
      supported: false,
      problem: { code: "INVALID_METADATA" },
    });
  });

  it("is not read beyond its header", async () => {
    const data = zeros("big", 0, [1_000_000], 4_000_000);
    const source = header({}, [data]);
    let bytesRead = 0;
    const counting: ByteSource = {
      ...source,
      read: (target, position) => {
        bytesRead += target.byteLength;
        return source.read(target, position);
      },
    };
    await inspectModel(counting);
    expect(bytesRead).toBe(65_536);
  });
});

describe("what is no model", () => {
  it("fails as opening and reading it do", async () => {
    const folder = await mkdtemp(join(tmpdir(), "inspect-model-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const write = async (name: string, bytes: Uint8Array): Promise<string> => {
      await writeFile(join(folder, name), bytes);
      return join(folder, name);
    };
    const cases = [
      [join(folder, "none.gguf"), "MODEL_NOT_FOUND"],
      [folder, "MODEL_NOT_READABLE"],
      [await write("empty.gguf", Buffer.alloc(0)), "NOT_GGUF"],
      [await write("page.gguf", Buffer.from("<html>")), "NOT_GGUF"],
      [await write("half.gguf", writeTinyModel().subarray(0, 700)), "TRUNCATED"],
    ] as const;
    for (const [path, code] of cases) await expect(inspectModel(path)).rejects.toMatchObject({ code });
  });
});
