import { expect, it } from "vitest";

import { continuationHash, extendHash, lowerUnit, Vocabulary, wordHash } from "./vocabulary.ts";

function find(vocabulary: Vocabulary, text: string, continuation = false): number {
  let hash = continuation ? continuationHash : wordHash;
  for (let i = 0; i < text.length; i++) hash = extendHash(hash, lowerUnit(text.charCodeAt(i)));
  return vocabulary.find(text, 0, text.length, continuation, hash);
}

it("finds every one of many tokens and nothing else", () => {
  const vocabulary = new Vocabulary(20_000, 200_000);
  const tokens = Array.from({ length: 20_000 }, (_, i) => `t${i.toString(36)}`);
  for (const token of tokens) expect(vocabulary.add(token)).toBe(true);
  expect(vocabulary.size).toBe(20_000);
  expect(tokens.map((token) => find(vocabulary, token.toUpperCase()))).toEqual(tokens.map((_, i) => i));
  expect(tokens.filter((token) => find(vocabulary, `${token}_`) >= 0 || find(vocabulary, token, true) >= 0)).toEqual(
    [],
  );
});

it("keeps words and continuations apart", () => {
  const vocabulary = new Vocabulary(2, 10);
  vocabulary.add("ing");
  vocabulary.add("##ing");
  expect(find(vocabulary, "ing")).toBe(0);
  expect(find(vocabulary, "ing", true)).toBe(1);
});

it("takes no token for a continuation that merely ends like one", () => {
  // Many tokens, each alone in a table of four places: some meet the continuation's place.
  for (let prefix = 0; prefix < 36 ** 2; prefix++) {
    const vocabulary = new Vocabulary(1, 5);
    vocabulary.add(`${prefix.toString(36).padStart(2, "0")}ing`);
    expect(find(vocabulary, "ing", true)).toBe(-1);
  }
});

it("finds nothing when it is empty", () => {
  expect(find(new Vocabulary(0, 0), "a")).toBe(-1);
});

it("refuses tokens that are made to collide", () => {
  const tokens = collidingTokens(300);
  const vocabulary = new Vocabulary(tokens.length, tokens.join("").length);
  expect(tokens.every((token) => vocabulary.add(token))).toBe(false);
});

/** Distinct tokens that begin at one slot of a table of 2,048. */
function collidingTokens(count: number): string[] {
  const tokens: string[] = [];
  for (let i = 0; tokens.length < count; i++) {
    const token = i.toString(36);
    let hash = wordHash;
    for (let j = 0; j < token.length; j++) hash = extendHash(hash, token.charCodeAt(j));
    if (((hash ^ (hash >>> 15)) & 2_047) === 5) tokens.push(token);
  }
  return tokens;
}
