import { modelShapes } from "@resona/test-models";
import { describe, expect, it } from "vitest";

import { codeChunks, parityTexts, randomStrings, sizedText } from "./texts.ts";

/** A mark at either end, and words and single other characters between. */
const tokenize = (text: string): number[] => Array.from({ length: 2 + (text.match(/\w+|[^\w\s]/g)?.length ?? 0) });

describe("texts to measure with", () => {
  it("have exactly the number of tokens asked for", () => {
    for (const tokens of [3, 16, 128]) {
      expect(tokenize(sizedText(modelShapes["tiny-bert"], tokens, tokenize, 1))).toHaveLength(tokens);
    }
  });

  it("are others for another seed", () => {
    const [one, two] = [1, 2].map((seed) => sizedText(modelShapes["tiny-bert"], 16, tokenize, seed));
    expect(one).not.toBe(two);
  });

  it("are from 3 to 477 tokens long, ten of them, for the parity of vectors", () => {
    const lengths = parityTexts(modelShapes["tiny-bert"], tokenize).map((text) => tokenize(text).length);
    expect(lengths).toHaveLength(10);
    expect(Math.min(...lengths)).toBe(3);
    expect(Math.max(...lengths)).toBe(477);
  });

  it("are as many as asked for, all different", async () => {
    expect(new Set(randomStrings(300)).size).toBe(300);
    expect(new Set(await codeChunks(100)).size).toBe(100);
  });
});
