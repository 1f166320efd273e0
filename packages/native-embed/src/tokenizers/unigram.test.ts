import { precompiledCharsmap } from "@resona/test-models";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { flag, ids, loadFrom, numbers, unigramValues } from "./tokenizer-file.test-helper.ts";
import type { TokenizerValues } from "./tokenizer-file.test-helper.ts";

type Pieces = readonly (readonly [token: string, score: number])[];

/** The tokens of a text as texts, the opening and the closing one left out. */
async function piecesOf(text: string, pieces: Pieces, more: TokenizerValues = {}): Promise<string[]> {
  const found = ids(await loadFrom(unigramValues(pieces, more)), text);
  expect([found[0], found.at(-1)]).toEqual([0, 1]);
  return found.slice(1, -1).map((id) => (id === 2 ? "<unk>" : pieces.at(id - 3)![0]));
}

function replacing(replacements: Readonly<Record<string, string>>): TokenizerValues {
  const table = precompiledCharsmap(new Map(Object.entries(replacements)));
  return { precompiled_charsmap: numbers("uint8", [...table]) };
}

describe("the best way to write a text", () => {
  it("is the one with the highest sum of scores, between the special tokens", async () => {
    const tokenizer = await loadFrom(
      unigramValues([
        ["▁a", -1],
        ["b", -1],
        ["▁ab", -3],
        ["c", -1],
        ["bc", -1.5],
      ]),
    );
    expect(ids(tokenizer, "ab")).toEqual([0, 3, 4, 1]);
    expect(ids(tokenizer, "abc")).toEqual([0, 3, 7, 1]);
  });

  it("takes of equals the one whose last token begins first", async () => {
    const pieces: Pieces = [
      ["▁a", -1],
      ["b", -1],
      ["▁ab", -2],
    ];
    expect(await piecesOf("ab", pieces)).toEqual(["▁ab"]);
  });

  it("makes one unknown token of several unknown characters, also across words", async () => {
    const pieces: Pieces = [
      ["▁", -1],
      ["a", -1],
    ];
    expect(await piecesOf("xyz", pieces)).toEqual(["▁", "<unk>"]);
    expect(await piecesOf("axya", pieces)).toEqual(["▁", "a", "<unk>", "a"]);
    expect(await piecesOf("\u{1f600}", [["a", -1]])).toEqual(["<unk>"]);
    expect(await piecesOf("\u{1f600} x", [["a", -1]])).toEqual(["<unk>"]);
  });

  it("prefers an unknown token only where it must, at ten below the lowest score", async () => {
    const pieces = (low: number): Pieces => [
      ["▁", -1],
      ["ab", -1],
      ["b", -3],
      ["bc", low],
    ];
    expect(await piecesOf("abc", pieces(-11))).toEqual(["▁", "ab", "<unk>"]);
  });

  it("never takes control, unknown or byte tokens for text, but unused ones", async () => {
    const pieces: Pieces = [
      ["▁", -1],
      ["a", -1],
      ["b", -1],
      ["c", -1],
      ["d", -1],
    ];
    const types = { token_type: numbers("int32", [3, 3, 2, 1, 3, 2, 6, 5]) };
    expect(await piecesOf("abcd", pieces, types)).toEqual(["▁", "<unk>", "d"]);
    expect(await piecesOf("</s>", pieces)).toEqual(["▁", "<unk>"]);
  });

  it("is found for a word of a million characters", async () => {
    const tokenizer = await loadFrom(
      unigramValues([
        ["▁", -1],
        ["ab", -2],
        ["ba", -1],
        ["a", -2],
        ["b", -2],
      ]),
    );
    const { tokens } = tokenizer.encode("ab".repeat(500_000), 8);
    expect(tokens).toBe(2 + 1 + 1 + 499_999 + 1);
  });
});

describe("spaces", () => {
  const pieces: Pieces = [
    ["▁", -1],
    ["a", -1],
    ["b", -1],
  ];
  it.each([
    [true, true, " a  b ", ["▁", "a", "▁", "b"]],
    [false, true, " a  b ", ["▁", "a", "▁", "b"]],
    [true, false, "a  b ", ["▁", "a", "▁", "▁", "b", "▁"]],
    [true, false, " a", ["▁", "▁", "a"]],
    [false, false, "a  b ", ["a", "▁", "▁", "b", "▁"]],
    [true, true, "  ", []],
    [true, false, "", []],
  ])("with a prefix %s and only single ones %s, %j is %j", async (prefix, single, text, expected) => {
    const more = { add_space_prefix: flag(prefix), remove_extra_whitespaces: flag(single) };
    expect(await piecesOf(text, pieces, more)).toEqual(expected);
  });

  it("are only those of the table of replacements", async () => {
    expect(await piecesOf("a\tb\u3000a", pieces, replacing({ "\u3000": " " }))).toEqual([
      "▁",
      "a",
      "<unk>",
      "b",
      "▁",
      "a",
    ]);
  });
});

describe("the table of replacements", () => {
  const pieces: Pieces = [
    ["▁", -1],
    ["a", -1],
    ["é", -1],
    ["f", -1],
    ["i", -1],
  ];

  it.each([
    ["ａ", ["▁", "a"]],
    ["e\u0301", ["▁", "é"]],
    ["ﬁ", ["▁", "f", "i"]],
    ["a\u200ba", ["▁", "a", "a"]],
    ["e", ["▁", "<unk>"]],
    ["a\0a", ["▁", "a", "<unk>", "a"]],
  ])("replaces %j, the longest match first", async (text, expected) => {
    const table = replacing({ ａ: "a", "e\u0301": "é", ﬁ: "fi", "\u200b": "" });
    expect(await piecesOf(text, pieces, table)).toEqual(expected);
  });

  it("leaves alone what a user-defined token begins with, as llama.cpp does", async () => {
    const table = { ...replacing({ a: "i" }), token_type: numbers("int32", [3, 3, 2, 1, 1, 1, 1, 1, 4]) };
    expect(await piecesOf("a ab axa", [...pieces, ["ax", -1]], table)).toEqual([
      "▁",
      "a",
      "▁",
      "a",
      "<unk>",
      "ax",
      "▁",
      "a",
    ]);
  });
});

describe("special tokens", () => {
  it("adds the closing one unless told otherwise, the opening one if told", async () => {
    const unsaid = { add_bos_token: undefined, add_eos_token: undefined, eos_token_id: undefined };
    expect(ids(await loadFrom(unigramValues([["▁", -1]], unsaid)), "")).toEqual([1]);
    const opposite = { add_bos_token: flag(true), add_eos_token: flag(false) };
    expect(ids(await loadFrom(unigramValues([["▁", -1]], opposite)), "")).toEqual([0]);
  });

  it("splits off user-defined tokens before all else", async () => {
    const types = { token_type: numbers("int32", [3, 3, 2, 1, 1, 4]) };
    const pieces: Pieces = [
      ["▁", -1],
      ["a", -1],
      ["<x>", -50],
    ];
    expect(await piecesOf("a<x>a", pieces, types)).toEqual(["▁", "a", "<x>", "▁", "a"]);
  });
});

describe("against trying all ways", () => {
  const pieces: Pieces = [
    ["▁", -2.5],
    ["▁a", -3],
    ["a", -4],
    ["b", -4.25],
    ["ab", -6],
    ["ba", -5.5],
    ["abab", -9],
    ["▁中", -7],
    ["中", -5],
    ["中b", -8],
    ["▁ab", -8.5],
    ["b▁a", -6],
  ];

  /** The highest sum, by trying every first token. */
  function bestScore(rest: string, known = new Map<string, number>()): number {
    if (rest === "") return 0;
    const found = known.get(rest);
    if (found !== undefined) return found;
    const [first = ""] = rest;
    const ways = pieces.filter(([token]) => rest.startsWith(token));
    const scores = ways.map(([token, score]) => score + bestScore(rest.slice(token.length), known));
    if (!ways.some(([token]) => token === first)) scores.push(-9 - 10 + bestScore(rest.slice(first.length), known));
    const best = Math.max(...scores);
    known.set(rest, best);
    return best;
  }

  it("finds a way with the highest sum that spells the text", async () => {
    const tokenizer = await loadFrom(unigramValues(pieces));
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "b", "中", "x", " "), maxLength: 40 }), (text) => {
        const normalized = text.trim() === "" ? "" : `▁${text.trim().replaceAll(/ +/g, "▁")}`;
        const found = ids(tokenizer, text).slice(1, -1);
        const unknownCharacters = Array.from(normalized).filter((character) => character === "x").length;
        const known = found.filter((id) => id !== 2).map((id) => pieces.at(id - 3)!);
        const score = known.reduce((sum, [, each]) => sum + each, 0) - 19 * unknownCharacters;
        expect(score).toBeCloseTo(bestScore(normalized), 5);
        const spelled = found.map((id) => (id === 2 ? "x" : pieces.at(id - 3)![0])).join("");
        expect(spelled).toBe(normalized.replaceAll(/x+/g, "x"));
      }),
      { numRuns: 500 },
    );
  });
});
