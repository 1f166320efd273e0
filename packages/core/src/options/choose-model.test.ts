import { describe, expect, it } from "vitest";

import { chooseModel } from "./choose-model.ts";

const unsaid = { model: undefined, modelPooling: undefined };
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
    const other = { model: "/m/bge.gguf", modelPooling: undefined };
    expect(chooseModel(other, indexed)).toEqual({ path: "/m/bge.gguf", pooling: undefined, isRemembered: false });
    expect(chooseModel({ ...unsaid, modelPooling: "mean" }, indexed)).toMatchObject({ pooling: "mean" });
  });

  it("goes back to the built-in model when that is asked for, which has no pooling to choose", () => {
    expect(chooseModel({ model: "built-in", modelPooling: "cls" }, indexed)).toEqual(builtIn);
    expect(chooseModel({ model: undefined, modelPooling: "cls" }, undefined)).toEqual(builtIn);
  });
});
