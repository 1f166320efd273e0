import { readFile } from "node:fs/promises";

import fc from "fast-check";
import { expect, test } from "vitest";

import { expectToCover } from "./chunk-cover.test-helper.ts";
import { chunkText, chunkWithoutParser, MAX_PARSE_CHARS } from "./chunk-text.ts";
import { createSyntaxParser } from "./syntax-parser.ts";

const parser = createSyntaxParser();
const limits = { chunkChars: 1_500, parseTimeoutMs: 10_000 };

test("a whole definition stays in one chunk with the comment and decorator before it", async () => {
  const method = (name: string): string =>
    `  /** About ${name}. */\n  @logged()\n  ${name}(): number {\n${"    step();\n".repeat(8)}  }\n`;
  const code = `export class Service {\n${["first", "second", "third"].map(method).join("\n")}}\n`;
  const { chunks } = await chunkText("service.ts", code, { ...limits, chunkChars: 200 }, parser);
  expect(chunks.map(({ kind, scope, symbols }) => ({ kind, scope, symbols }))).toEqual([
    { kind: "definition", scope: [], symbols: ["Service", "first"] },
    { kind: "definition", scope: ["Service"], symbols: ["second"] },
    { kind: "definition", scope: ["Service"], symbols: ["third"] },
  ]);
  expect(chunks[1]?.text.startsWith("  /** About second. */\n  @logged()\n  second()")).toBe(true);
});

test("a function too long for a chunk is cut between its statements, its signature with the first", async () => {
  const branch = (n: number): string => `  if (value === ${n}) {\n    return handle(value, ${n});\n  }\n`;
  const code = `/**\n * Picks.\n */\nexport function pick(\n  value: number,\n): string {\n${[1, 2, 3, 4, 5].map(branch).join("")}}\n`;
  const { chunks } = await chunkText("pick.ts", code, { ...limits, chunkChars: 130 }, parser);
  expect(chunks.map(({ startLine, endLine, scope }) => `${startLine}-${endLine} ${scope.join()}`)).toEqual([
    "1-9 ",
    "10-15 pick",
    "16-22 pick",
  ]);
});

test("where one large node ends and the next begins on a line, the cut comes before that line", async () => {
  const route = (path: string): string => `  path: "/${path}",\n  handler: () => render("${path}"),\n`;
  const code = `export const routes = [{\n${route("first")}}, {\n${route("second")}}, {\n${route("third")}}];\n`;
  const { chunks } = await chunkText("routes.ts", code, { ...limits, chunkChars: 70 }, parser);
  expect(chunks.map(({ startLine, endLine, scope }) => `${startLine}-${endLine} ${scope.join()}`)).toEqual([
    "1-3 ",
    "4-6 routes",
    "7-10 routes",
  ]);
});

test("statements outside of definitions are code", async () => {
  const { chunks } = await chunkText("run.py", "import os\n\nos.remove('x')\n", limits, parser);
  expect(chunks.map(({ kind, symbols }) => ({ kind, symbols }))).toEqual([{ kind: "code", symbols: [] }]);
});

test("the same names in two places of a chunk are given once, and no more than 64", async () => {
  const overloads = "export function open(a: string): void;\nexport function open(a: number): void;\n";
  const many = Array.from({ length: 100 }, (_, n) => `const c${n} = ${n};`).join(" ");
  const { chunks } = await chunkText("a.ts", `${overloads}${many}\n`, { ...limits, chunkChars: 8_000 }, parser);
  expect(chunks[0]?.symbols.slice(0, 3)).toEqual(["open", "c0", "c1"]);
  expect(chunks[0]?.symbols).toHaveLength(64);
});

test.for(["a.ts", "a.md", "a.yaml", "a", "a.hs"])("an empty or blank %s has no chunks", async (path) => {
  const files = ["", "\n", " \r\n\t", "\uFEFF"].map((text) => chunkText(path, text, limits, parser));
  expect((await Promise.all(files)).flatMap(({ chunks }) => chunks)).toEqual([]);
});

test("one line without a line end is one chunk", async () => {
  const { chunks } = await chunkText("a.go", "package a", limits, parser);
  expect(chunks).toEqual([{ startLine: 1, endLine: 1, kind: "code", symbols: [], scope: [], text: "package a" }]);
});

test("a byte order mark and Windows line ends change nothing", async () => {
  const text = await readFile(new URL("./chunk-text.ts", import.meta.url), "utf8");
  const small = { ...limits, chunkChars: 300 };
  const plain = await chunkText("a.ts", text, small, parser);
  expect(plain.chunks.length).toBeGreaterThan(5);
  expect(await chunkText("a.ts", `\uFEFF${text.replaceAll("\n", "\r\n")}`, small, parser)).toEqual(plain);
});

test("positions and names are right after characters of several bytes", async () => {
  const code = "const smile = '😀🎉';\n/* 日本語 */ function größe() {}\n";
  const { chunks } = await chunkText("a.js", code, { ...limits, chunkChars: 20 }, parser);
  expect(chunks.map(({ startLine, symbols }) => [startLine, ...symbols])).toEqual([
    [1, "smile"],
    [2, "größe"],
  ]);
});

test("text that is mostly no syntax is split by lines", async () => {
  const file = await chunkText("a.go", "== not ** go at all ((\n".repeat(50), limits, parser);
  expect(file.fallback).toBe("parse-failed");
  expect(file.chunks.length).toBeGreaterThan(0);
  expect(file.chunks.every(({ kind }) => kind === "lines")).toBe(true);
});

test("a small error in a file leaves the rest of its syntax", async () => {
  const code = "package a\n\nfunc First() {\n\treturn 1 +\n}\n\nfunc Second() int {\n\treturn 2\n}\n";
  const file = await chunkText("a.go", code, limits, parser);
  expect(file.fallback).toBeUndefined();
  expect(file.chunks[0]?.symbols).toContain("Second");
});

test("a file that takes too long to parse is split by lines, and the next one is parsed as ever", async () => {
  const slow = "export const value = compute({ deep: [1, 2, 3] }, (item) => item.name);\n".repeat(7_000);
  const file = await chunkText("slow.ts", slow, { ...limits, parseTimeoutMs: 1 }, parser);
  expect(file.fallback).toBe("parse-timeout");
  expectToCover(slow, limits.chunkChars, file.chunks);

  const next = await chunkText("next.ts", "export class Next {}\n", limits, parser);
  expect(next).toMatchObject({ language: "typescript", chunks: [{ kind: "definition", symbols: ["Next"] }] });
  expect(next.fallback).toBeUndefined();
});

test("a file too large to parse is split by lines", async () => {
  const large = "int x;\n".repeat(MAX_PARSE_CHARS / 7 + 1);
  const file = await chunkText("large.c", large, limits, parser);
  expect(file.fallback).toBe("too-large-to-parse");
  expect(file.language).toBe("c");
});

test("Markdown made of what slows patterns down is split like any other", async () => {
  const text = `# ${" ".repeat(100_000)}x\n\n${"[".repeat(100_000)}\n---\n\n${"- ".repeat(100_000)}\n`;
  const { chunks } = await chunkText("a.md", text, limits, parser);
  expectToCover(text, limits.chunkChars, chunks);
  expect(chunks.map(({ startLine }) => startLine)).toEqual([1, 3, 4, 6]);
});

test("a local variable that looks like a C++ function declaration is no definition", async () => {
  const code = "std::string name(int id);\n\nint main() {\n  std::string text(source);\n}\n";
  const { chunks } = await chunkText("a.cc", code, limits, parser);
  expect(chunks[0]?.symbols).toEqual(["name", "main"]);
});

test("without a parser a file is split by lines and still has the names that lines show", () => {
  const file = chunkWithoutParser("a.py", "def first():\n    pass\n", limits, "parse-timeout");
  expect(file).toMatchObject({ language: "python", fallback: "parse-timeout", chunks: [{ symbols: ["first"] }] });
});

test("deep nesting and long chains are split without overflow", async () => {
  const nested = `const x = ${"[\n".repeat(3_000)}${"]\n".repeat(3_000)};\n`;
  const chain = `const sum = 0\n${"  + someOperand * otherOperand\n".repeat(3_000)};\n`;
  for (const code of [nested, chain]) {
    const { chunks } = await chunkText("a.ts", code, { ...limits, chunkChars: 300 }, parser);
    expectToCover(code, 300, chunks);
    expect(chunks.length).toBeLessThan((2 * code.length) / 300);
  }
});

test("parsing file after file takes no more memory than parsing one", async () => {
  const code = "export const value = compute({ deep: [1, 2, 3] }, (item) => item.name);\n".repeat(3_000);
  for (let round = 0; round < 12; round++) {
    expect((await chunkText("a.ts", code, limits, parser)).fallback).toBeUndefined();
  }
  expect(parser.isSpent).toBe(false);
});

const paths = ["a.ts", "a.tsx", "a.py", "a.go", "a.hpp", "a.rb", "a.css", "a.sh", "a.md", "a.yaml", "a.swift", "a"];
const pieces = [
  "\n",
  "\r\n",
  "\n\n",
  "  ",
  "\t",
  "{",
  "}",
  "(",
  "#",
  "# h\n",
  "---\n",
  "```\n",
  "def f\n",
  "class A {\n",
  "end\n",
  "'",
  '"',
  "😀",
  "\uD800",
  "\u0000",
  "// c\n",
];
const anyText = fc
  .array(fc.oneof(fc.constantFrom(...pieces), fc.string({ unit: "binary", maxLength: 30 })), { maxLength: 60 })
  .map((parts) => parts.join(""));

test("any text at all is covered exactly once, line by line", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      anyText,
      fc.integer({ min: 1, max: 200 }),
      async (path, text, chunkChars) => {
        const { chunks } = await chunkText(path, text, { ...limits, chunkChars }, parser);
        expectToCover(text, chunkChars, chunks);
      },
    ),
    { numRuns: 500 },
  );
  expect(parser.isSpent).toBe(false);
});
