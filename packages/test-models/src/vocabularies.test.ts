import { describe, expect, it } from "vitest";

import { bpeVocabulary, precompiledCharsmap, unigramVocabulary, wordPieceVocabulary } from "./vocabularies.ts";
import type { TestVocabulary } from "./vocabularies.ts";

describe.each<[name: string, make: (size: number, seed: number) => TestVocabulary]>([
  ["WordPiece", wordPieceVocabulary],
  ["byte-pair", bpeVocabulary],
  ["unigram", unigramVocabulary],
])("a %s vocabulary", (_, make) => {
  it("has as many different tokens as asked for, and a type for each", () => {
    for (const size of [500, 7_000]) {
      const { tokens, types, metadata } = make(size, 1);
      expect(tokens).toHaveLength(size);
      expect(new Set(tokens).size).toBe(size);
      expect(types).toHaveLength(size);
      const entries = new Map(metadata);
      expect(entries.get("tokenizer.ggml.tokens")).toMatchObject({ elements: { length: size } });
      expect(entries.get("tokenizer.ggml.token_type")).toMatchObject({ elements: { length: size } });
    }
  });

  it("is the same for the same seed, and another for another", () => {
    expect(make(2_000, 5)).toEqual(make(2_000, 5));
    expect(make(2_000, 5).tokens).not.toEqual(make(2_000, 6).tokens);
  });
});

it("names the special tokens by where they are", () => {
  const entries = new Map(wordPieceVocabulary(1_000, 1).metadata);
  const { tokens } = wordPieceVocabulary(1_000, 1);
  const named = ["padding", "unknown", "bos", "cls", "seperator", "mask"].map((name) => {
    const entry = entries.get(`tokenizer.ggml.${name}_token_id`);
    return entry?.type === "uint32" ? tokens[entry.value] : undefined;
  });
  expect(named).toEqual(["[PAD]", "[UNK]", "[CLS]", "[CLS]", "[SEP]", "[MASK]"]);
});

it("has in a byte-pair vocabulary both tokens of every merge and what they make", () => {
  const { tokens, merges = [] } = bpeVocabulary(3_000, 1);
  const known = new Set(tokens);
  expect(merges.length).toBeGreaterThan(2_500);
  for (const merge of merges) {
    const [left, right, ...rest] = merge.split(" ");
    expect(rest).toEqual([]);
    expect([left, right, `${left}${right}`].filter((token) => !known.has(token!))).toEqual([]);
  }
});

it("has a score for every token of a unigram vocabulary", () => {
  const { tokens, scores = [] } = unigramVocabulary(3_000, 1);
  expect(scores).toHaveLength(tokens.length);
  expect(scores.every((score) => score <= 0 && score > -20)).toBe(true);
});

it("writes a table of replacements as its trie's size, the trie, and the texts", () => {
  const table = precompiledCharsmap(
    new Map([
      ["ab", "x"],
      ["c", ""],
    ]),
  );
  const trieBytes = table.readUInt32LE(0);
  expect(trieBytes % 1_024).toBe(0);
  expect(table.subarray(4 + trieBytes).toString()).toBe("x\0\0");
});
