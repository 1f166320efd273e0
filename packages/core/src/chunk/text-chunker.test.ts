import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { chunkPlainText } from "./text-chunker.ts";

const texts = (source: string, chunkChars: number) => chunkPlainText(source, chunkChars).map(({ text }) => text);
const withoutSpace = (text: string) => text.replaceAll(/\s+/g, "");

describe("chunkPlainText", () => {
  it("keeps a short text whole", () => {
    expect(chunkPlainText("one\ntwo\n", 100)).toMatchObject([{ startLine: 1, endLine: 2, text: "one\ntwo" }]);
  });

  it("cuts between paragraphs before lines, lines before sentences, sentences before words", () => {
    expect(texts("aaa aaa.\n\nbbb. bbb\nbbb", 14)).toEqual(["aaa aaa.", "bbb. bbb\nbbb"]);
    expect(texts("aaa aaa.\nbbb. bbb bbb", 14)).toEqual(["aaa aaa.", "bbb. bbb bbb"]);
    expect(texts("aaa aaaa. bbb bbb bbb", 14)).toEqual(["aaa aaaa.", "bbb bbb bbb"]);
    expect(texts("aaa aaaa bbb bbb bbb", 14)).toEqual(["aaa aaaa bbb", "bbb bbb"]);
  });

  it("says the lines of each piece", () => {
    const pieces = chunkPlainText("\n\na a\nb b\n\n\nc c\nd d\ne e\n", 9);
    expect(pieces.map(({ startLine, endLine, text }) => [startLine, endLine, text])).toEqual([
      [3, 4, "a a\nb b"],
      [7, 8, "c c\nd d"],
      [9, 9, "e e"],
    ]);
  });

  it("has nothing for a blank text", () => {
    expect(chunkPlainText(" \n\t\r\n", 10)).toEqual([]);
  });

  it("cuts a word longer than a piece, and no character", () => {
    expect(texts("x".repeat(25), 10)).toEqual(["x".repeat(10), "x".repeat(10), "x".repeat(5)]);
    expect(texts("🦜".repeat(7), 5)).toEqual(["🦜🦜", "🦜🦜", "🦜🦜", "🦜"]);
  });

  it("loses nothing but white space and keeps to the size, whatever the text", () => {
    const words = fc.array(
      fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom(" ", "\n", "\n\n", ". ", "\r\n")),
      {
        maxLength: 200,
      },
    );
    fc.assert(
      fc.property(words, fc.integer({ min: 8, max: 60 }), (parts, chunkChars) => {
        const source = parts.join("").replaceAll("\uFEFF", "");
        const pieces = chunkPlainText(source, chunkChars);
        expect(withoutSpace(pieces.map(({ text }) => text).join(""))).toBe(withoutSpace(source));
        const lines = source.replaceAll("\r\n", "\n").split("\n");
        for (const { text, startLine, endLine } of pieces) {
          expect(text.length).toBeLessThanOrEqual(chunkChars);
          expect(lines.slice(startLine - 1, endLine).join("\n")).toContain(text);
        }
      }),
    );
  });
});
