import { describe, expect, it } from "vitest";

import {
  characterClasses,
  CODE_POINTS,
  CONTROL,
  LETTER,
  MARK,
  NUMBER,
  PUNCTUATION,
  SYMBOL,
  UNASSIGNED,
  WHITESPACE,
} from "./character-classes.ts";

describe("the classes of characters", () => {
  const classes = characterClasses();

  it.each([
    ["a", LETTER],
    ["中", LETTER],
    ["٣", NUMBER],
    ["²", NUMBER],
    ["\u0301", MARK],
    ["_", PUNCTUATION],
    ["$", SYMBOL],
    ["\u{1f600}", SYMBOL],
    ["\0", CONTROL],
    ["\ufeff", CONTROL],
    ["\ue000", CONTROL],
    ["\n", WHITESPACE],
    ["\u0085", WHITESPACE],
    ["\u3000", WHITESPACE],
    // New in Unicode 16 and 17.
    ["\u1c89", UNASSIGNED],
    ["\ua7ce", UNASSIGNED],
    ["\u{10ffff}", UNASSIGNED],
  ])("has %j in class %i", (character, kind) => {
    expect(classes[character.codePointAt(0)!]).toBe(kind);
  });

  it("are those of the engine for every character that is not new since", () => {
    const categories: readonly (readonly [kind: number, expression: RegExp])[] = [
      [WHITESPACE, /[\p{Z}\t-\r\u0085]/u],
      [LETTER, /\p{L}/u],
      [NUMBER, /\p{N}/u],
      [MARK, /\p{M}/u],
      [PUNCTUATION, /\p{P}/u],
      [SYMBOL, /\p{S}/u],
      [CONTROL, /[\p{Cc}\p{Cf}\p{Cs}\p{Co}]/u],
    ];
    const differing: number[] = [];
    let assigned = 0;
    for (let codePoint = 0; codePoint < CODE_POINTS; codePoint++) {
      if (classes[codePoint] === UNASSIGNED) continue;
      assigned++;
      const character = String.fromCodePoint(codePoint);
      const kind = categories.find(([, expression]) => expression.test(character))?.[0];
      if (kind !== classes[codePoint]) differing.push(codePoint);
    }
    // A later version of Unicode changes a few at most.
    expect(differing.length).toBeLessThan(20);
    // The number that Unicode 15.1 gives, with private and surrogate ones.
    expect(assigned).toBe(149_813 + 137_468 + 2_048 + 65);
  });
});
