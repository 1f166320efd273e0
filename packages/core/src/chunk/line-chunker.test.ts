import { expect, test } from "vitest";

import { chunkLines } from "./line-chunker.ts";
import { MAX_CHUNK_TEXT_FACTOR, sourceLines } from "./source-lines.ts";

const ranges = (text: string, chunkChars: number, language = "text"): string[] =>
  chunkLines(sourceLines(text), language, chunkChars).map(({ startLine, endLine }) => `${startLine}-${endLine}`);

const symbols = (text: string, language: string): readonly string[] =>
  chunkLines(sourceLines(text), language, 10_000).flatMap((chunk) => chunk.symbols);

test("a text that fits is one chunk without the blank lines around it", () => {
  expect(chunkLines(sourceLines("\n\n  a\n\nb  \n\n"), "text", 100)).toEqual([
    { startLine: 3, endLine: 5, kind: "lines", symbols: [], scope: [], text: "  a\n\nb  " },
  ]);
});

test("an empty or blank text has no chunks", () => {
  expect(ranges("", 100)).toEqual([]);
  expect(ranges(" \n\t\n\n", 100)).toEqual([]);
});

test("cuts after a blank line rather than where the window is full", () => {
  const paragraph = "word word word\n".repeat(4);
  expect(ranges(`${paragraph}\n${paragraph}`, 80)).toEqual(["1-4", "6-9"]);
});

test("cuts at low indentation and not before a closing bracket", () => {
  const text = "first {\n    aaaaaaaaaaaa\n    bbbbbbbbbbbb\n}\nsecond {\n    cccccccccccc\n    dddddddddddd\n}\n";
  // Full after line 6, and again without a choice.
  expect(ranges(text, 72)).toEqual(["1-4", "5-8"]);
});

test("does not part a comment from what it is about", () => {
  const text = "let first = 1\nlet second = 2\nlet third = 3\n// about the fourth\nlet fourth = 4\n";
  expect(ranges(text, 65)).toEqual(["1-3", "4-5"]);
});

test("windows are never larger than asked unless one line is", () => {
  const text = `${"short line\n".repeat(30)}${"x".repeat(300)}\n${"short line\n".repeat(30)}`;
  for (const chunk of chunkLines(sourceLines(text), "text", 100)) {
    expect(chunk.text.length <= 100 || chunk.startLine === chunk.endLine).toBe(true);
  }
});

test("an absurdly long line is one chunk with the text cut, not within a character", () => {
  const limit = MAX_CHUNK_TEXT_FACTOR * 100;
  const [chunk] = chunkLines(sourceLines(`${"x".repeat(limit - 1)}😀 and more`), "json", 100);
  expect(chunk?.text).toBe("x".repeat(limit - 1));
});

test.for([
  ["swift", "public final class Session: Base {\n  private func open(_ path: String) {}\n}\nextension String {}\n"],
  ["dart", "abstract class Session {\n}\nmixin open {}\ntypedef String = int;\n"],
  ["sql", "CREATE TABLE IF NOT EXISTS Session (id int);\ncreate or replace function open()\nCREATE VIEW String AS\n"],
  ["r", "Session <- function(x) {\n}\nopen = function() 1\nString <- function () NULL\n"],
  ["perl", "package Session;\nsub open {\n}\nsub String { }\n"],
  ["proto", "message Session {\n}\nservice open {\n  rpc String (A) returns (B);\n}\n"],
  ["terraform", 'resource "aws_instance" "Session" {\n}\nvariable "open" {}\nmodule "String" {\n}\n'],
  ["vue", "<script>\nexport class Session {}\nasync function open() {}\nfunction String() {}\n</script>\n"],
])("finds the names that lines of %s define", ([language = "", text = ""]) => {
  expect(symbols(text, language)).toEqual(["Session", "open", "String"]);
});

test("prose and data define nothing", () => {
  const text = "class of people\nfunction over form\ntype: module\n";
  expect(symbols(text, "text")).toEqual([]);
  expect(symbols(text, "yaml")).toEqual([]);
});
