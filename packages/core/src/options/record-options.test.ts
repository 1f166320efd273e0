import { describe, expect, it } from "vitest";

import { recordOptions } from "./record-options.ts";
import { resolveOptions } from "./resolve-options.ts";

const said = resolveOptions({}, "/w", {});

describe("recordOptions", () => {
  it("takes what was asked for, else what the index was made with, else the default", () => {
    const indexed = { chunkChars: 700, modelPooling: "cls", model: "0123", records: 1 };
    expect(recordOptions({ ...said, chunkChars: 900 }, indexed)).toEqual({ chunkChars: 900, modelPooling: "cls" });
    expect(recordOptions(said, indexed)).toEqual({ chunkChars: 700, modelPooling: "cls" });
    expect(recordOptions(said)).toEqual({ chunkChars: 1_500, modelPooling: undefined });
  });

  it.each<Record<string, string | number>>([
    { chunkChars: "700" },
    { chunkChars: 7 },
    { chunkChars: 700.5 },
    { modelPooling: "max" },
  ])("takes nothing from an index that it would not take from anybody: %j", (indexed) => {
    expect(recordOptions(said, indexed)).toEqual(recordOptions(said));
  });
});
