import { describe, expect, it } from "vitest";

import { type IndexIdentity, indexDifferences } from "./index-differences.ts";

const fingerprint = { records: 1, model: "a".repeat(64), dimension: 8, chunkChars: 1_500 };
const nomic: IndexIdentity = { fingerprint, model: { name: "nomic", path: "/m/nomic.gguf" } };
const bge: IndexIdentity = {
  fingerprint: { ...fingerprint, model: "b".repeat(64), dimension: 16 },
  model: { name: "bge", path: "/m/bge small.gguf" },
};
const changed = (change: Record<string, string | number>): IndexIdentity => ({
  ...nomic,
  fingerprint: { ...fingerprint, ...change },
});

describe("indexDifferences", () => {
  it("finds none between equals, wherever the model's file is", () => {
    expect(indexDifferences(nomic, { ...nomic, model: { name: "nomic", path: "/moved.gguf" } }, {})).toBeUndefined();
  });

  it("names both models, and the command with the one that was asked for", () => {
    expect(indexDifferences(nomic, bge, { model: "/m/bge small.gguf" })).toEqual({
      reasons: ["it was made with the embedding model nomic (aaaaaaaaaaaa), not with bge (bbbbbbbbbbbb)"],
      nextStep:
        "Run `resona index --model '/m/bge small.gguf'` to build it anew, or leave --model out to use it as it is.",
    });
  });

  it("names the variable that asked for another model, which `resona index` reads as well", () => {
    expect(indexDifferences(nomic, bge, {})?.nextStep).toBe(
      "Run `resona index` to build it anew, or unset RESONA_MODEL to use it as it is.",
    );
  });

  it("says that the file of the model has changed where the index's own was meant", () => {
    expect(indexDifferences(nomic, changed({ model: "c", dimension: 4 }), {})).toEqual({
      reasons: ["the model file /m/nomic.gguf has changed since"],
      nextStep: "Run `resona index` to build it anew, or put the old file back to use it as it is.",
    });
    const builtIn = { fingerprint, model: { name: "built in" } };
    const next = { ...builtIn, fingerprint: { ...fingerprint, model: "c" } };
    expect(indexDifferences(builtIn, next, {})).toEqual({
      reasons: ["the built-in embedding model has changed"],
      nextStep: "Run `resona index` to build it anew.",
    });
  });

  it("names the flags of options, and what keeps the index", () => {
    expect(indexDifferences(nomic, changed({ modelPooling: "cls" }), { modelPooling: "cls" })).toEqual({
      reasons: ["it was made without --model-pooling cls"],
      nextStep:
        "Run `resona index --model-pooling cls` to build it anew, or leave --model-pooling out to use it as it is.",
    });
    expect(indexDifferences(changed({ modelPooling: "cls" }), changed({ modelPooling: "mean" }), {})).toMatchObject({
      reasons: ["it was made with --model-pooling cls, not mean"],
      nextStep: expect.stringContaining("unset RESONA_MODEL_POOLING") as string,
    });
    expect(indexDifferences(changed({ modelPooling: "cls" }), nomic, { model: "/moved.gguf" })).toEqual({
      reasons: ["it was made with --model-pooling cls"],
      nextStep:
        "Run `resona index --model /moved.gguf` to build it anew, or give --model-pooling cls to use it as it is.",
    });
  });

  it("names everything that differs", () => {
    const given = { model: "/m/bge small.gguf", chunkChars: 700 };
    const asked = { ...bge, fingerprint: { ...bge.fingerprint, chunkChars: 700 } };
    const differences = indexDifferences(nomic, asked, given);
    expect(differences?.reasons).toHaveLength(2);
    expect(differences?.nextStep).toBe(
      "Run `resona index --model '/m/bge small.gguf' --chunk-chars 700` to build it anew, or leave --model out and leave --chunk-chars out to use it as it is.",
    );
  });

  it("says nothing of the former model's pooling where another model is asked for without one", () => {
    const given = { model: "/m/bge small.gguf" };
    expect(indexDifferences(changed({ modelPooling: "cls" }), bge, given)).toEqual(indexDifferences(nomic, bge, given));
  });

  it("promises no way to keep an index that another version of Resona has made", () => {
    const asked = { ...nomic, fingerprint: { ...fingerprint, records: 2, chunkChars: 700 } };
    expect(indexDifferences(nomic, asked, { chunkChars: 700 })).toEqual({
      reasons: ["it was made with --chunk-chars 1500, not 700", "it was made by another version of Resona"],
      nextStep: "Run `resona index --chunk-chars 700` to build it anew.",
    });
  });
});
