import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseQuery } from "./parse-query.ts";
import { MAX_SNIPPET_LINES, snippetOf } from "./snippet.ts";

const numbered = (count: number, special: Record<number, string> = {}) =>
  Array.from({ length: count }, (_, n) => special[n + 1] ?? `filler ${"abcdefghij"[n % 10]}`);

function snippet(lines: readonly string[], query: string, { startLine = 1, lineEnd = "\n", symbols = [""] } = {}) {
  return snippetOf({ text: lines.join(lineEnd), startLine, symbols }, parseQuery(query));
}

describe("snippetOf", () => {
  it("shows a short chunk whole", () => {
    expect(snippet(["one", "two", "three"], "two", { startLine: 40 })).toEqual({
      startLine: 40,
      endLine: 42,
      text: "one\ntwo\nthree",
    });
  });

  it("begins two lines before the first line that matches", () => {
    const { startLine, endLine, text } = snippet(numbered(60, { 30: "retry the request" }), "request retries", {
      startLine: 101,
    });
    expect([startLine, endLine]).toEqual([128, 128 + MAX_SNIPPET_LINES - 1]);
    expect(text.split("\n")[2]).toBe("retry the request");
  });

  it("prefers lines that have more of the query's words to repetitions of one", () => {
    const lines = numbered(60, { 5: "retry retry", 6: "retry", 7: "retry", 40: "retry", 42: "request" });
    expect(snippet(lines, "request retries").startLine).toBe(38);
  });

  it("prefers the line that defines the name asked for", () => {
    const lines = numbered(60, { 5: "// Opens: the store opens tables", 40: "function openStore() {" });
    expect(snippet(lines, "how openStore opens a store of tables", { symbols: ["openStore"] }).startLine).toBe(38);
    expect(snippet(lines, "how openStore opens a store of tables").startLine).toBe(3);
  });

  it("begins at the chunk's first line when nothing matches", () => {
    expect(snippet(numbered(60), "unrelated", { startLine: 7 }).startLine).toBe(7);
  });

  it("ends with the chunk when the match is at its end", () => {
    const found = snippet(numbered(60, { 60: "retry" }), "retry");
    expect([found.startLine, found.endLine]).toEqual([60 - MAX_SNIPPET_LINES + 1, 60]);
  });

  it("leaves blank lines at its ends out", () => {
    expect(snippet(["", "one", "", "two", " ", ""], "two", { startLine: 10 })).toEqual({
      startLine: 11,
      endLine: 13,
      text: "one\n\ntwo",
    });
    expect(snippet(["", ""], "two", { startLine: 10 })).toMatchObject({ startLine: 11, endLine: 11 });
  });

  it("numbers the lines of a text with CRLF alike and shows them without the CR", () => {
    const lines = numbered(60, { 30: "retry" });
    expect(snippet(lines, "retry", { lineEnd: "\r\n" })).toEqual(snippet(lines, "retry"));
  });

  it("shows no line beyond the chunk's end, not even the empty one after a final line end", () => {
    expect(snippetOf({ text: "one\ntwo\n", startLine: 5, symbols: [] }, parseQuery("x"))).toEqual({
      startLine: 5,
      endLine: 6,
      text: "one\ntwo",
    });
  });

  it("shows lines of the file at the numbers it gives, whatever the text", () => {
    const line = fc.constantFrom("", "  ", "retry", "request", "a retry of a request", "other", "x");
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.constantFrom("\n", "\r\n"),
        (lines, startLine, lineEnd) => {
          const shown = snippet(lines, "retry request", { startLine, lineEnd });
          const expected = lines.slice(shown.startLine - startLine, shown.endLine - startLine + 1);
          expect(shown.text).toBe(expected.join("\n"));
          expect(expected.length).toBeGreaterThanOrEqual(1);
          expect(expected.length).toBeLessThanOrEqual(MAX_SNIPPET_LINES);
          expect(shown.text.includes("re")).toBe(lines.some((each) => each.includes("re")));
        },
      ),
    );
  });
});
