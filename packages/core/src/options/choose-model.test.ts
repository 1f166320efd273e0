import { describe, expect, it } from "vitest";

import { chooseModel } from "./choose-model.ts";

const unsaid = { model: undefined, modelPooling: undefined, embeddingUrl: undefined, embeddingModel: undefined };
const indexed = { name: "nomic", path: "/m/nomic.gguf", pooling: "cls" } as const;
const builtIn = { path: undefined, pooling: undefined, isRemembered: false };

describe("chooseModel", () => {
  it("takes the built-in model where nobody has said anything", () => {
    expect(chooseModel(unsaid, undefined)).toEqual(builtIn);
    expect(chooseModel(unsaid, { name: "built in" })).toEqual(builtIn);
  });

  it("stays with the model that the index was made with, and with what was said of its pooling", () => {
    expect(chooseModel(unsaid, indexed)).toEqual({ path: indexed.path, pooling: "cls", isRemembered: true });
    const same = { ...unsaid, model: indexed.path };
    expect(chooseModel(same, indexed)).toEqual({ path: indexed.path, pooling: "cls", isRemembered: false });
  });

  it("does what it is told", () => {
    const other = { ...unsaid, model: "/m/bge.gguf" };
    expect(chooseModel(other, indexed)).toEqual({ path: "/m/bge.gguf", pooling: undefined, isRemembered: false });
    expect(chooseModel({ ...unsaid, modelPooling: "mean" }, indexed)).toMatchObject({ pooling: "mean" });
  });

  it("goes back to the built-in model when that is asked for, which has no pooling to choose", () => {
    expect(chooseModel({ ...unsaid, model: "built-in", modelPooling: "cls" }, indexed)).toEqual(builtIn);
    expect(chooseModel({ ...unsaid, modelPooling: "cls" }, undefined)).toEqual(builtIn);
  });

  it("takes a service that is asked for, remembers it, and prefers what was said to what the environment says", () => {
    const url = "http://localhost:11434/v1";
    const service = { url, model: "nomic" };
    const chosen = { path: undefined, pooling: undefined, service };
    const said = { ...unsaid, embeddingUrl: url, embeddingModel: "nomic" };
    expect(chooseModel(said, indexed)).toEqual({ ...chosen, isRemembered: false });
    const made = { name: "nomic", url, serviceModel: "nomic" };
    expect(chooseModel(unsaid, made)).toEqual({ ...chosen, isRemembered: true });
    expect(chooseModel({ ...unsaid, model: "built-in" }, made)).toEqual(builtIn);
    expect(chooseModel({ ...said, model: "built-in" }, made, { model: "built-in" })).toEqual(builtIn);
    const both = { model: "/m/bge.gguf", embeddingUrl: url };
    expect(() => chooseModel({ ...said, ...both }, undefined, both)).toThrow("cannot be used together");
  });
});
