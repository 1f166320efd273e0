import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { flag, ids, loadFrom, numbers, wordPieceValues } from "./tokenizer-file.test-helper.ts";
import type { TokenizerValues } from "./tokenizer-file.test-helper.ts";

const UNKNOWN = 1;

/** The tokens of a text as texts, the opening and the closing one left out. */
async function piecesOf(text: string, tokens: readonly string[], more: TokenizerValues = {}): Promise<string[]> {
  const tokenizer = await loadFrom(wordPieceValues(tokens, more));
  const found = ids(tokenizer, text);
  expect([found[0], found.at(-1)]).toEqual([2, 3]);
  return found.slice(1, -1).map((id) => (id === UNKNOWN ? "[UNK]" : tokens.at(id - 4)!));
}

describe("cutting words", () => {
  it("takes a word that is a token whole, between the special tokens", async () => {
    const tokenizer = await loadFrom(wordPieceValues(["▁hello", "▁world"]));
    expect(ids(tokenizer, "hello world")).toEqual([2, 4, 5, 3]);
  });

  it("takes the longest token first, and inside a word only tokens without U+2581", async () => {
    expect(await piecesOf("loading", ["▁load", "▁loadi", "ng", "ing", "▁ing"])).toEqual(["▁loadi", "ng"]);
  });

  it("makes one unknown token of a word of which anything is left over", async () => {
    expect(await piecesOf("loading load", ["▁load", "i"])).toEqual(["[UNK]", "▁load"]);
    expect(await piecesOf("loads", ["load", "s"])).toEqual(["[UNK]"]);
  });

  it("takes U+2581 alone for the beginning of a word", async () => {
    expect(await piecesOf("ab", ["▁", "ab"])).toEqual(["▁", "ab"]);
  });

  it("has no tokens but the special ones for nothing, spaces and controls", async () => {
    for (const text of ["", " \t\n\u3000", "\0\u0001\u200b\ufeff\ufffd", "\ud800"]) {
      expect(await piecesOf(text, ["▁a"])).toEqual([]);
    }
  });

  it("keeps a word of any length together", async () => {
    expect(await piecesOf("a".repeat(300_000), ["▁a", "a"])).toHaveLength(300_000);
    expect(await piecesOf(`${"a".repeat(300_000)}!`, ["▁a", "a", "▁!"])).toHaveLength(300_001);
    expect(await piecesOf(`${"a".repeat(300_000)}b`, ["▁a", "a"])).toEqual(["[UNK]"]);
  });
});

describe("reading characters", () => {
  it.each([
    ["Hello WORLD", ["▁hello", "▁world"]],
    ["a,b", ["▁a", "▁,", "▁b"]],
    ["a$b^c`d", ["▁a", "▁$", "▁b", "▁^", "▁c", "▁`", "▁d"]],
    ["a中文b", ["▁a", "▁中", "▁文", "▁b"]],
    ["Café naïve", ["▁cafe", "▁naive"]],
    ["cafe\u0301", ["▁cafe"]],
    ["a\u200bb a\0b a\ufffdb", ["▁ab", "▁ab", "▁ab"]],
    ["a\u00a0b\u2003c\u0085d", ["▁a", "▁b", "▁c", "▁d"]],
    ["\u212b", ["▁a"]],
    ["İ", ["▁i"]],
    ["“a”", ["▁“", "▁a", "▁”"]],
    ["a€b", ["▁a€b"]],
    // Of a Hangul syllable the first letter remains.
    ["한", ["▁ᄒ"]],
  ])("reads %j as %j", async (text, pieces) => {
    expect(await piecesOf(text, [...new Set(pieces)])).toEqual(pieces);
  });

  it("keeps case and accents where the model says so", async () => {
    const tokens = ["▁Été", "▁été", "▁Ete", "▁ete", "▁한"];
    const lowercase = (value: boolean): TokenizerValues => ({ "normalizer.lowercase": flag(value) });
    const accents = (value: boolean): TokenizerValues => ({ "normalizer.strip_accents": flag(value) });
    expect(await piecesOf("Été 한", tokens, lowercase(false))).toEqual(["▁Été", "▁한"]);
    expect(await piecesOf("Été", tokens, { ...lowercase(false), ...accents(true) })).toEqual(["▁Ete"]);
    expect(await piecesOf("Été", tokens, accents(false))).toEqual(["▁été"]);
    expect(await piecesOf("Été", tokens)).toEqual(["▁ete"]);
  });

  it("takes a special token that a text spells for text", async () => {
    const tokens = ["▁[", "▁cls", "▁]"];
    const types = { token_type: numbers("int32", [3, 2, 3, 3, 1, 1, 1]) };
    expect(await piecesOf("[CLS]", tokens, types)).toEqual(tokens);
  });

  it("splits off user-defined tokens first, the longest before the others", async () => {
    const tokens = ["<A>", "<A>B", "▁b", "▁c"];
    const types = { token_type: numbers("int32", [3, 2, 3, 3, 4, 4, 1, 1]) };
    expect(await piecesOf("b<A>Bc<A>c<A><a", tokens, types)).toEqual([
      "▁b",
      "<A>B",
      "▁c",
      "<A>",
      "▁c",
      "<A>",
      "[UNK]",
      "[UNK]",
    ]);
  });
});

describe("against a tokenizer of strings", () => {
  const tokens = ["▁a", "▁ab", "▁b", "a", "b", "ba", "ß", "▁é", "e", "▁e", "▁中", "▁.", "▁ss", "ee", "▁x", "\u{10428}"];
  const letters = fc.constantFrom(...Array.from("aabbeExÉß中.! \t\0\u0301\u{10400}"), "\ud800", "\udc00");

  /** Cuts with string functions and a map what the tokenizer cuts in place. */
  function naiveTokens(text: string): number[] {
    const numbered = new Map(tokens.map((token, i) => [token, i + 4]));
    const found = [2];
    const words = text
      .toWellFormed()
      .normalize("NFD")
      .replaceAll(/[\p{M}\0\ufffd]/gu, "")
      .toLowerCase()
      .replaceAll(/[\p{P}中]/gu, " $& ")
      .split(/\s+/u);
    for (const word of words.filter((candidate) => candidate !== "")) {
      let rest = `▁${word}`;
      const ofWord: number[] = [];
      while (rest !== "") {
        let end = rest.length;
        while (end > 0 && !numbered.has(rest.slice(0, end))) end--;
        if (end === 0) break;
        ofWord.push(numbered.get(rest.slice(0, end))!);
        rest = rest.slice(end);
      }
      found.push(...(rest === "" ? ofWord : [UNKNOWN]));
    }
    return [...found, 3];
  }

  it("finds the same tokens", async () => {
    const tokenizer = await loadFrom(wordPieceValues(tokens));
    fc.assert(
      fc.property(fc.string({ unit: letters, maxLength: 60 }), (text) => {
        expect(ids(tokenizer, text)).toEqual(naiveTokens(text));
      }),
      { numRuns: 1_000 },
    );
  });
});
