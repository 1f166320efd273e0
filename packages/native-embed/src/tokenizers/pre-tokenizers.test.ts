import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { splitByDefault, splitLikeGpt2 } from "./pre-tokenizers.ts";
import type { PreTokenizer } from "./pre-tokenizers.ts";

function split(preTokenizer: PreTokenizer, text: string): string[] {
  const pieces: string[] = [];
  preTokenizer(text, 0, text.length, (start, end) => pieces.push(text.slice(start, end)));
  return pieces;
}

/** Matches and what is between them. */
function cut(text: string, expression: RegExp): string[] {
  const pieces: string[] = [];
  let end = 0;
  for (const match of text.matchAll(expression)) {
    pieces.push(text.slice(end, match.index), match[0]);
    end = match.index + match[0].length;
  }
  return [...pieces, text.slice(end)].filter((piece) => piece !== "");
}

/** What \s is in other languages; JavaScript's has U+FEFF and lacks U+0085. */
const space = String.raw`\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const gpt2 = new RegExp(
  String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^${space}\p{L}\p{N}]+|[${space}]+(?![^${space}])|[${space}]+`,
  "gu",
);

const characters = fc.constantFrom(
  ...Array.from(
    "abcIstremvld''  \t\n\u00a0\u0085\u3000012٣Ⅷ²éяه中_-.,;(){}$+<=>^~|`«»€\u0301\0\ufeff\ufffd\u{1f600}\u{10400}\u{1d7ce}",
  ),
);
const texts = fc.string({ unit: characters, maxLength: 60 });

describe("splitting like GPT-2", () => {
  it.each([
    ["I'll don't 'S", ["I", "'ll", " don", "'t", " '", "S"]],
    ["  a\n\n b", [" ", " a", "\n\n", " b"]],
    ["a   ", ["a", "   "]],
    ["x=10;", ["x", "=", "10", ";"]],
    ["a1b", ["a", "1", "b"]],
    [" ", [" "]],
  ])("splits %j into %j", (text, pieces) => {
    expect(split(splitLikeGpt2, text)).toEqual(pieces);
  });

  it("finds the matches of GPT-2's expression", () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(split(splitLikeGpt2, text)).toEqual(cut(text, gpt2));
      }),
      { numRuns: 3_000 },
    );
  });

  it("looks no farther than the end of its part of the text", () => {
    const pieces: [number, number][] = [];
    splitLikeGpt2("a 's  b", 1, 5, (start, end) => pieces.push([start, end]));
    expect(pieces).toEqual([
      [1, 3],
      [3, 4],
      [4, 5],
    ]);
  });
});

describe("splitting by default", () => {
  it.each([
    ["f(x): 12345", ["f", "(", "x", "):", " ", "123", "45"]],
    ["a=>b `c`", ["a", "=>", "b", " `", "c", "`"]],
    ["1²345", ["1²", "345"]],
  ])("splits %j into %j", (text, pieces) => {
    expect(split(splitByDefault, text)).toEqual(pieces);
  });

  it("applies llama.cpp's four expressions in turn", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const pieces = cut(text, /[\p{P}$+<=>^~|]+/gu)
          .flatMap((piece) => cut(piece, gpt2))
          .flatMap((piece) => cut(piece, /\p{N}+/gu))
          .flatMap((piece) => cut(piece, /[0-9][0-9][0-9]/g));
        expect(split(splitByDefault, text)).toEqual(pieces);
      }),
      { numRuns: 3_000 },
    );
  });
});
