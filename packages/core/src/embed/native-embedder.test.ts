import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createHashEmbedder } from "../../test/hash-embedder.ts";
import type { Embedder, EmbeddingDocument } from "./embedder.ts";
import { createNativeEmbedder } from "./native-embedder.ts";

const text = "function run() { return value; }";
const document: EmbeddingDocument = { path: "a.ts", scope: [], symbols: [], text };
const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

describe("the built-in model", () => {
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await createNativeEmbedder();
  });
  afterAll(() => embedder.close());

  async function likeness(query: string, change: Partial<EmbeddingDocument> = {}): Promise<number> {
    const [vector] = await embedder.embedDocuments([{ ...document, ...change }]);
    return cosine(await embedder.embedQuery(query), vector ?? new Float32Array());
  }

  it("gives one unit vector for each document, in order", async () => {
    const documents = ["retry an upload", "parse a header"].map((words) => ({ ...document, text: words }));
    const vectors = await embedder.embedDocuments(documents);
    expect(vectors.map(({ length }) => length)).toEqual([embedder.dimension, embedder.dimension]);
    for (const vector of vectors) expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    const query = await embedder.embedQuery("parse a header");
    expect(cosine(query, vectors[1] ?? query)).toBeGreaterThan(cosine(query, vectors[0] ?? query));
  });

  it("knows where a text stands: by the file's name, its directories and the definitions around it", async () => {
    const plain = await likeness("invoice");
    expect(await likeness("invoice", { path: "invoice.ts" })).toBeGreaterThan(plain);
    expect(await likeness("invoice", { path: "invoice/a.ts" })).toBeGreaterThan(plain);
    expect(await likeness("invoice", { scope: ["InvoiceService"] })).toBeGreaterThan(plain);
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
