import { describe, expect, it } from "vitest";

import { splitAtTokens } from "./user-defined-tokens.ts";

/** The parts of a text: tokens in brackets. */
function split(text: string, tokens: readonly string[]): string[] {
  const parts: string[] = [];
  splitAtTokens(
    text,
    tokens.map((token, id) => ({ id, text: token, bytes: Buffer.from(token) })),
    (part) => parts.push(part),
    (id) => parts.push(`[${tokens.at(id)!}]`),
  );
  return parts;
}

describe("splitting at user-defined tokens", () => {
  it.each([
    ["ab", [], ["ab"]],
    ["", ["x"], []],
    ["ab", ["x"], ["ab"]],
    ["axb", ["x"], ["a", "[x]", "b"]],
    ["xx", ["x"], ["[x]", "[x]"]],
    ["xaxx", ["x"], ["[x]", "a", "[x]", "[x]"]],
    // An earlier token goes before, wherever it stands.
    ["axyb", ["xy", "x", "y"], ["a", "[xy]", "b"]],
    ["xxyy", ["xy", "x", "y"], ["[x]", "[xy]", "[y]"]],
    ["aba", ["ab", "ba"], ["[ab]", "a"]],
    ["aba", ["ba", "ab"], ["a", "[ba]"]],
    ["cbacab", ["ab", "c"], ["[c]", "ba", "[c]", "[ab]"]],
  ])("splits %j at %j", (text, tokens, parts) => {
    expect(split(text, tokens)).toEqual(parts);
  });

  it("takes thousands of tokens and of occurrences", () => {
    const tokens = Array.from({ length: 4_000 }, (_, i) => `<${i}>`);
    const text = tokens.toReversed().join("a").repeat(3);
    expect(split(text, tokens)).toHaveLength(3 * (4_000 + 3_999));
  });
});
