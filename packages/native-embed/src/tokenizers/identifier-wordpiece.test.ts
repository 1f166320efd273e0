import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { naiveModel } from "../architectures/naive-embedding.test-helper.ts";
import { tinyTokens, writeTinyModel } from "../architectures/tiny-model.test-helper.ts";
import { IdentifierWordpiece } from "./identifier-wordpiece.ts";
import { Vocabulary } from "./vocabulary.ts";

function tokenizerFor(tokens: readonly string[]): (text: string) => number[] {
  const vocabulary = new Vocabulary(tokens.length, tokens.join("").length);
  for (const token of tokens) vocabulary.add(token);
  const tokenizer = new IdentifierWordpiece(vocabulary);
  return (text) => {
    const found: number[] = [];
    tokenizer.tokenize(text, { add: (token) => found.push(token) });
    return found;
  };
}

/** The tokens of a text as text. */
function piecesOf(text: string, tokens: readonly string[] = tinyTokens): string[] {
  return tokenizerFor(tokens)(text).map((id) => tokens.at(id)!);
}

describe("splitting words", () => {
  it.each([
    ["camelCase", ["camel", "case"]],
    ["HTTPServerError", ["http", "server", "error"]],
    ["ABc", ["a", "bc"]],
    ["aBC", ["a", "bc"]],
    ["A", ["a"]],
    ["snake_case-kebab.dot", ["snake", "case", "kebab", "dot"]],
    ["v10x", ["v", "1", "0", "x"]],
    ["naïve", ["na", "ï", "ve"]],
    ["x²y", ["x", "²", "y"]],
    ["Ⅷ你好—!?", ["ⅷ你好"]],
    ["\u0661\u0662 {}();", []],
  ])("splits %j into %j", (text, words) => {
    const tokens = ["camel", "case", "http", "server", "error", "a", "bc", "snake", "kebab", "dot", "v", "1", "0", "x"];
    expect(piecesOf(text, [...tokens, "na", "ï", "ve", "²", "y", "ⅷ你好"])).toEqual(words);
  });
});

describe("cutting words into pieces", () => {
  it("takes a word that is a token whole", () => {
    expect(piecesOf("Loader")).toEqual(["loader"]);
  });

  it("takes the longest piece first, and continues with ##", () => {
    expect(piecesOf("loading")).toEqual(["load", "##ing"]);
    expect(piecesOf("retryer")).toEqual(["retry", "##er"]);
  });

  it("skips a character that no piece begins with, and continues with ## after it", () => {
    expect(piecesOf("zzab")).toEqual(["z", "##a", "##b"]);
    expect(piecesOf("za", ["a", "##a"])).toEqual(["##a"]);
  });

  it("cuts no piece longer than 24 characters, but takes a whole word of any length", () => {
    const pieces = ["x", "##x", "x".repeat(25), `##${"x".repeat(24)}`];
    expect(piecesOf("x".repeat(25), pieces)).toEqual(["x".repeat(25)]);
    expect(piecesOf("x".repeat(26), pieces)).toEqual(["x", `##${"x".repeat(24)}`, "##x"]);
    expect(piecesOf("x".repeat(100), [...pieces, "x".repeat(100)])).toEqual(["x".repeat(100)]);
  });

  it("drops a word of more than 64 characters", () => {
    expect(piecesOf("a".repeat(64))).toHaveLength(64);
    expect(piecesOf("a".repeat(65))).toEqual([]);
  });

  it("counts code points, not UTF-16 units", () => {
    expect(piecesOf("\u{10400}".repeat(64), ["\u{10428}", "##\u{10428}"])).toHaveLength(64);
    expect(piecesOf("\u{10400}".repeat(65), ["\u{10428}", "##\u{10428}"])).toEqual([]);
  });

  it("lower-cases letters outside A–Z, even where that gives ASCII", () => {
    expect(piecesOf("ÜBER \u212a \u0130", ["über", "k", "i", "##b"])).toEqual(["k", "i"]);
    expect(piecesOf("ÜÏ", ["üï"])).toEqual(["üï"]);
  });

  it("finds the later of two equal tokens", () => {
    expect(tokenizerFor(["a", "b", "a"])("a")).toEqual([2]);
  });
});

describe("against the naive tokenizer", () => {
  const naive = naiveModel(writeTinyModel());
  const tokenize = tokenizerFor(tinyTokens);
  const letters = fc.constantFrom(
    ...Array.from("aeilorstzAEHPRST019_- .ßÜ²好\u{10400}\u0301\u0130\u212a"),
    "\ud800",
    "\udc00",
  );
  const word = fc.oneof(fc.constantFrom(...tinyTokens), fc.string({ unit: letters, maxLength: 30 }));

  it.each([
    ["random Unicode", fc.string({ unit: "binary", maxLength: 200 })],
    ["random ASCII", fc.string({ unit: "binary-ascii", maxLength: 200 })],
    ["runs of letters", fc.string({ unit: letters, maxLength: 200 })],
    ["words side by side", fc.array(word, { maxLength: 30 }).map((words) => words.join(""))],
    ["words apart", fc.array(word, { maxLength: 30 }).map((words) => words.join(" "))],
  ])("gives the same tokens for %s", (_, texts) => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(tokenize(text)).toEqual(naive.tokenize(text));
      }),
      { numRuns: 1_000 },
    );
  });
});
