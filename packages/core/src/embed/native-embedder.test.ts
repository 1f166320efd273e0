import { fileURLToPath } from "node:url";

import { NativeEmbedError } from "@resona/native-embed";
import type { NativeEmbedErrorCode } from "@resona/native-embed";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createHashEmbedder } from "../../test/hash-embedder.ts";
import type { ErrorCode } from "../errors.ts";
import type { Embedder, EmbeddingDocument } from "./embedder.ts";
import { toModelError } from "./model-errors.ts";
import { cappedThreads, createNativeEmbedder } from "./native-embedder.ts";
import type { NativeModel } from "./native-embedder.ts";

const text = "function run() { return value; }";
const document: EmbeddingDocument = { path: "a.ts", scope: [], symbols: [], text };
const builtIn = { path: undefined, isRemembered: false } as const;
const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

describe("the built-in model", () => {
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await createNativeEmbedder(builtIn);
  });
  afterAll(() => embedder.close());

  async function likeness(query: string, change: Partial<EmbeddingDocument> = {}): Promise<number> {
    const [vector] = await embedder.embedDocuments([{ ...document, ...change }]);
    return cosine(await embedder.embedQuery(query), vector ?? new Float32Array());
  }

  it("gives one unit vector for each document, in order", async () => {
    const documents = ["retry an upload", "parse a header"].map((words) => ({ ...document, text: words }));
    const vectors = await embedder.embedDocuments(documents);
    expect(vectors.map((vector) => vector?.length)).toEqual([embedder.dimension, embedder.dimension]);
    for (const vector of vectors) expect(Math.hypot(...(vector ?? []))).toBeCloseTo(1, 5);
    const query = await embedder.embedQuery("parse a header");
    expect(cosine(query, vectors[1] ?? query)).toBeGreaterThan(cosine(query, vectors[0] ?? query));
  });

  it("knows where a text stands: by the file's name, its directories and the definitions around it", async () => {
    const plain = await likeness("invoice");
    expect(await likeness("invoice", { path: "invoice.ts" })).toBeGreaterThan(plain);
    expect(await likeness("invoice", { path: "invoice/a.ts" })).toBeGreaterThan(plain);
    expect(await likeness("invoice", { scope: ["InvoiceService"] })).toBeGreaterThan(plain);
  });

  it("stops in the middle of its work when it is told to", async () => {
    const controller = new AbortController();
    const reason = new Error("stopped by the user");
    setImmediate(() => controller.abort(reason));
    const documents = Array.from({ length: 1_000 }, () => document);
    await expect(embedder.embedDocuments(documents, controller.signal)).rejects.toBe(reason);
    await expect(embedder.embedQuery("retry", controller.signal)).rejects.toBe(reason);
  });
});

describe("a model that cannot be used", () => {
  const path = fileURLToPath(new URL("no-such-model.gguf", import.meta.url));
  const of = (change: Partial<NativeModel>) => createNativeEmbedder({ ...builtIn, ...change });

  it("is missing: the next step depends on who chose it", async () => {
    for (const saidWith of ["--model", "RESONA_MODEL"])
      await expect(of({ path, saidWith })).rejects.toMatchObject({
        code: "MODEL_NOT_FOUND",
        message: `There is no model file ${path}.`,
        nextStep: `Check the path given with ${saidWith}.`,
      });
    await expect(of({ path, isRemembered: true, pooling: "cls" })).rejects.toMatchObject({
      nextStep: expect.stringContaining("--model <new path> --model-pooling cls") as string,
    });
    await expect(of({ path, isRemembered: true })).rejects.toMatchObject({
      code: "MODEL_NOT_FOUND",
      message: `There is no model file ${path}, with which the index was made.`,
      nextStep: expect.stringContaining("--model built-in") as string,
    });
  });

  it("is no file", async () => {
    await expect(of({ path: import.meta.dirname })).rejects.toMatchObject({
      code: "MODEL_NOT_READABLE",
      nextStep: expect.stringContaining("regular file") as string,
    });
  });

  it("is no model: the message says what it is instead", async () => {
    await expect(of({ path: import.meta.filename })).rejects.toMatchObject({
      code: "MODEL_INVALID",
      message: expect.stringMatching(/^The embedding model cannot be used: The file is no GGUF file/) as string,
      nextStep: "Give the path of a .gguf model.",
      cause: { code: "NOT_GGUF" },
    });
  });

  it.each<[NativeEmbedErrorCode, ErrorCode]>([
    ["UNSUPPORTED_ARCHITECTURE", "MODEL_UNSUPPORTED"],
    ["POOLING_UNKNOWN", "MODEL_POOLING_UNKNOWN"],
    ["MODEL_NOT_READABLE", "MODEL_NOT_READABLE"],
    ["OUT_OF_MEMORY", "MODEL_OUT_OF_MEMORY"],
    ["KERNELS_UNAVAILABLE", "MODEL_UNSUPPORTED"],
    ["NOT_FINITE", "MODEL_INVALID"],
    ["EMBED_WORKER_FAILED", "MODEL_FAILED"],
    ["TRUNCATED", "MODEL_INVALID"],
  ])("%s is %s", (code, expected) => {
    const error = toModelError(new NativeEmbedError(code, "It is so.", "Do this."), { path, isRemembered: false });
    expect(error).toMatchObject({ code: expected, message: expect.stringMatching(/It is so\.$/) as string });
  });

  it("is the built-in one: then Resona is damaged", () => {
    for (const code of ["MODEL_NOT_FOUND", "TRUNCATED", "UNSUPPORTED_ARCHITECTURE"] as const) {
      const error = toModelError(new NativeEmbedError(code, "It is so.", "Do this."), builtIn);
      expect(error).toMatchObject({ code: "MODEL_INVALID", nextStep: expect.stringContaining("Install") as string });
    }
  });

  it("leaves alone what is no failure of the model", () => {
    const reason = new Error("stopped by the user");
    expect(toModelError(reason, builtIn)).toBe(reason);
  });
});

describe("cappedThreads", () => {
  it("gives no more threads than there are cores, and leaves the default to the model", () => {
    expect([1, 4, 256].map((threads) => cappedThreads(threads, 4))).toEqual([1, 4, 4]);
    expect(cappedThreads(undefined, 4)).toBeUndefined();
  });
});

describe("createHashEmbedder", () => {
  it("is deterministic and brings texts that share words together", async () => {
    const embedder = createHashEmbedder();
    const [a, b] = await embedder.embedDocuments([
      { ...document, text: "retry the upload" },
      { ...document, text: "paint the fence" },
    ]);
    const query = await embedder.embedQuery("upload retry");
    expect(cosine(query, a ?? query)).toBeGreaterThan(cosine(query, b ?? query));
    expect(await embedder.embedQuery("upload retry")).toEqual(query);
  });
});
