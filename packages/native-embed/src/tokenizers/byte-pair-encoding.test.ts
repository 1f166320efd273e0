import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { bytePairValues, count, flag, ids, loadFrom, numbers, text } from "./tokenizer-file.test-helper.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** All bytes as GPT-2 writes them. */
const bytes = ((): string[] => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCodePoint(printable ? byte : next++);
  });
})();

/** The tokens of a text as texts, special ones included. */
function piecesOf(tokenizer: Tokenizer, vocabulary: readonly string[], input: string): string[] {
  return ids(tokenizer, input).map((id) => vocabulary.at(id)!);
}

function vocabularyOf(merges: readonly string[]): string[] {
  return [...new Set(["<s>", "</s>", ...bytes, ...merges.map((merge) => merge.replace(" ", ""))])];
}

async function tokensOf(input: string, merges: readonly string[]): Promise<string[]> {
  return piecesOf(await loadFrom(bytePairValues(bytes, merges)), vocabularyOf(merges), input);
}

describe("merging", () => {
  it("merges by the order of the list, not by length", async () => {
    expect(await tokensOf("abc", ["b c", "a b", "a bc"])).toEqual(["<s>", "abc", "</s>"]);
    expect(await tokensOf("abc", ["b c", "a b"])).toEqual(["<s>", "a", "bc", "</s>"]);
    expect(await tokensOf("abc", ["a b", "b c"])).toEqual(["<s>", "ab", "c", "</s>"]);
  });

  it("merges the leftmost of equal pairs first", async () => {
    expect(await tokensOf("aaa", ["a a"])).toEqual(["<s>", "aa", "a", "</s>"]);
    expect(await tokensOf("aaaaa", ["a a", "aa a"])).toEqual(["<s>", "aa", "aaa", "</s>"]);
  });

  it("counts of two merges of a pair the first", async () => {
    expect(await tokensOf("abc", ["a b", "b c", "a b"])).toEqual(["<s>", "ab", "c", "</s>"]);
  });

  it("merges within a piece only", async () => {
    expect(await tokensOf("a b", ["a Ġ", "Ġ b", "a b"])).toEqual(["<s>", "a", "Ġb", "</s>"]);
  });

  it("works on the bytes of characters", async () => {
    expect(await tokensOf("é\n", ["Ã ©"])).toEqual(["<s>", "Ã©", "Ċ", "</s>"]);
    expect(await tokensOf("\u{1f600}", [])).toEqual(["<s>", "ð", "Ł", "ĺ", "Ģ", "</s>"]);
    expect(await tokensOf("\ud800", [])).toEqual(["<s>", "ï", "¿", "½", "</s>"]);
  });

  it("drops bytes that have no token", async () => {
    const tokenizer = await loadFrom(bytePairValues(["a", "b"], ["a b"]));
    expect(ids(tokenizer, "abcab")).toEqual([0, 4, 4, 1]);
  });

  it("takes a piece of a million characters", async () => {
    const tokenizer = await loadFrom(bytePairValues(bytes, ["a b", "ab ab", "abab abab"]));
    expect(tokenizer.encode("ab".repeat(500_000), 8)).toEqual({
      ids: Int32Array.of(0, 260, 260, 260, 260, 260, 260, 1),
      tokens: 125_002,
    });
  });
});

describe("special tokens", () => {
  it("adds those that the file asks for, by default none", async () => {
    const one = async (opening: boolean, closing: boolean): Promise<number[]> => {
      const more = { add_bos_token: flag(opening), add_eos_token: flag(closing) };
      return ids(await loadFrom(bytePairValues(["a"], [], more)), "a");
    };
    expect(await one(true, false)).toEqual([0, 2]);
    expect(await one(false, true)).toEqual([2, 1]);
    const unsaid = { add_bos_token: undefined, add_eos_token: undefined };
    expect(ids(await loadFrom(bytePairValues(["a"], [], unsaid)), "a")).toEqual([2]);
  });

  it("takes a special token that a text spells for text", async () => {
    expect(await tokensOf("</s>", ["< /", "</ s", "</s >"])).toEqual(["<s>", "</", "s", ">", "</s>"]);
  });

  it("splits off user-defined tokens first", async () => {
    const types = { token_type: numbers("int32", [3, 3, 1, 1, 4]) };
    const tokenizer = await loadFrom(bytePairValues(["a", "b"], ["a b"], types));
    expect(ids(tokenizer, "aabb")).toEqual([0, 2, 4, 3, 1]);
  });
});

describe("the pre-tokenizer", () => {
  it.each(["gpt-2", "jina-v1-en", "jina-v2-code", "jina-v2-de", "jina-v2-es", "roberta-bpe", "modern-bert"])(
    "cuts like GPT-2 for %s",
    async (pre) => {
      const merges = ["Ġ x", "x 1", "1 1", "11 11"];
      const tokenizer = await loadFrom(bytePairValues(bytes, merges, { pre: text(pre) }));
      expect(piecesOf(tokenizer, vocabularyOf(merges), " x1111")).toEqual(["<s>", "Ġx", "1111", "</s>"]);
    },
  );

  it.each([text("default"), undefined])("cuts numbers into three digits for %j", async (pre) => {
    const merges = ["1 1", "11 11"];
    const tokenizer = await loadFrom(bytePairValues(bytes, merges, { pre }));
    expect(piecesOf(tokenizer, vocabularyOf(merges), "1111")).toEqual(["<s>", "11", "1", "1", "</s>"]);
  });
});

describe("against merging strings", () => {
  const merges = ["a b", "b a", "ab a", "aba b", "c c", "b c", "cc c", "a bc", "abab c", "a a"];
  const words = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 200 });

  function naivePieces(word: string): string[] {
    const parts = Array.from(word);
    for (;;) {
      const ranks = parts.slice(1).map((part, i) => merges.indexOf(`${parts[i]!} ${part}`));
      const best = Math.min(...ranks.filter((rank) => rank >= 0));
      if (best === Infinity) return parts;
      const at = ranks.indexOf(best);
      parts.splice(at, 2, parts[at]! + parts[at + 1]!);
    }
  }

  it("finds the same tokens", async () => {
    const tokenizer = await loadFrom(bytePairValues(bytes, merges));
    const vocabulary = vocabularyOf(merges);
    fc.assert(
      fc.property(words, (word) => {
        expect(piecesOf(tokenizer, vocabulary, word)).toEqual(["<s>", ...naivePieces(word), "</s>"]);
      }),
      { numRuns: 500 },
    );
  });
});

it("uses llama.cpp's token 11 where the file names no special token", async () => {
  const more = { bos_token_id: undefined, eos_token_id: count(2) };
  expect(ids(await loadFrom(bytePairValues(Array.from("abcdefghijklm"), [], more)), "a")).toEqual([11, 2, 2]);
});
