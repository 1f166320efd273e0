import type { IndexSummary } from "@resona/core";
import { expect, test } from "vitest";

import { diagnostics, hit, stats, summary } from "../testing/fake-context.ts";
import { formatFailure, formatHits, formatIndexSummary, formatStats, type HitLayout } from "./human.ts";
import { type Paint, plain } from "./paint.ts";

const layout: HitLayout = { paint: plain, displayPath: (path) => path };
const result = (...hits: (typeof hit)[]) => ({ query: "q", hits, durationMs: 1 });

test("a hit is its place, its score, its language and symbols, then the numbered lines", () => {
  expect(formatHits(result(hit), layout)).toBe(
    [
      "src/retry.ts:9-11  0.873  typescript  retryUpload",
      "   9 │ export function retryUpload() {",
      "  10 │   return 1;",
      "  11 │ }",
      "",
    ].join("\n"),
  );
});

test("hits are separated by an empty line, and none give no text", () => {
  const one = { ...hit, snippet: "x", startLine: 4, endLine: 4, symbols: [] };
  expect(formatHits(result(one, { ...one, path: "b" }), layout)).toBe(
    "src/retry.ts:4  0.873  typescript\n  4 │ x\n\nb:4  0.873  typescript\n  4 │ x\n",
  );
  expect(formatHits(result(), layout)).toBe("");
});

test("file names, symbols and lines cannot drive the terminal", () => {
  const text = formatHits(
    result({ ...hit, path: "a\n\u001b[2J😀.ts", symbols: ["\u001b[31m"], snippet: "\u001b]0;title\u0007\rx" }),
    layout,
  );
  expect(text).toBe("a\\n\\u001b[2J😀.ts:9-11  0.873  typescript  \\u001b[31m\n  9 │ \\u001b]0;title\\u0007\\rx\n");
});

test("CRLF ends a line like LF, and the last line end adds no line", () => {
  expect(
    formatHits(result({ ...hit, snippet: "a\r\n\r\nb\r\n" }), layout)
      .split("\n")
      .slice(1),
  ).toEqual(["   9 │ a", "  10 │", "  11 │ b", ""]);
});

test("lines are cut at the width of the terminal, long before that elsewhere", () => {
  const wide = { ...hit, startLine: 99, snippet: `${"x".repeat(100)}\n${"y".repeat(1000)}` };
  const lines = formatHits(result(wide), { ...layout, columns: 20 }).split("\n");
  expect(lines.slice(1)).toEqual(["   99 │ xxxxxxxxxxx…", "  100 │ yyyyyyyyyyy…", ""]);
  expect(lines[1]?.length).toBe(20);
  expect(
    formatHits(result(wide), layout)
      .split("\n")
      .map((line) => line.length),
  ).toEqual([50, 108, 400, 0]);
});

test("more than six symbols are counted", () => {
  const text = formatHits(result({ ...hit, symbols: "abcdefgh".split("") }), layout);
  expect(text.split("\n")[0]).toBe("src/retry.ts:9-11  0.873  typescript  a, b, c, d, e, f, +2");
});

test("an explained score is an aligned list of its terms, the largest first", () => {
  const explanation = { features: { vector: 0.25, "name-match": 1.5, penalty: -0.5 }, pathFactor: 0.3 };
  const lines = formatHits(result({ ...hit, score: 0.375, snippet: "x", explanation }), layout).split("\n");
  expect(lines.slice(1, 7)).toEqual([
    "    name-match    1.5000",
    "    penalty      -0.5000",
    "    vector        0.2500",
    "    sum           1.2500",
    "    path factor   0.3000",
    "    score         0.3750",
  ]);
});

test("paint only marks parts, it changes no text", () => {
  const marks: Paint = (role, text) => `<${role}>${text}</>`;
  expect(formatHits(result({ ...hit, snippet: "x" }), { ...layout, paint: marks })).toBe(
    "<path>src/retry.ts:9-11</>  <score>0.873</>  <faint>typescript  retryUpload</>\n<faint>  9 │</> x\n",
  );
});

test("an indexing run is told in one line", () => {
  expect(formatIndexSummary(summary, "/w")).toBe(
    "Indexed 2 files (5 chunks, 1.5 kB read) in 420 ms; 1 unchanged, 0 removed; peak memory 123 MB.\n",
  );
});

test("chunks that the model did not read to their end are counted", () => {
  const second = (change: Partial<IndexSummary>) => formatIndexSummary({ ...summary, ...change }, "/w").split("\n")[1];
  const hint = "is found by words only (a smaller --chunk-chars avoids that).";
  expect(second({ truncatedChunks: 0, maxTokens: 512 })).toBe("");
  expect(second({ truncatedChunks: 1, maxTokens: 512 })).toBe(
    `1 chunk is longer than the 512 tokens that the model reads; the rest of it ${hint}`,
  );
  expect(second({ truncatedChunks: 1_234 })).toBe(
    `1,234 chunks are longer than the model reads; the rest of them ${hint}`,
  );
});

test("chunks that an embedding service found too long are counted, in a run and in an index", () => {
  const second = (count: number) => formatIndexSummary({ ...summary, oversizedChunks: count }, "/w").split("\n")[1];
  const hint = "found by words only (a smaller --chunk-chars avoids that).";
  expect(second(0)).toBe("");
  expect(second(1)).toBe(`1 chunk is too long for the embedding service; it is ${hint}`);
  const many = `1,234 chunks are too long for the embedding service; they are ${hint}`;
  expect(second(1_234)).toBe(many);
  expect(formatStats({ ...stats, oversizedChunks: 1_234 }, diagnostics, plain)).toContain(`\n${many}\n`);
});

test("skipped files are counted by reason and failed ones named", () => {
  const text = formatIndexSummary(
    {
      ...summary,
      filesFound: 40,
      skipped: { empty: 1, binary: 12, minified: 0 },
      filesFailed: 1,
      failures: [{ path: "a\nb.ts", message: "broken\u0007" }],
    },
    "/w",
  );
  expect(text.split("\n").slice(1)).toEqual([
    "Skipped 13 files",
    "  12  not text",
    "   1  empty",
    "Failed 1 file; the next run tries again",
    "  a\\nb.ts: broken\\u0007",
    "",
  ]);
});

test("at most ten failed files are named", () => {
  const failures = Array.from({ length: 12 }, (_, index) => ({ path: `${index}.ts`, message: "no" }));
  const lines = formatIndexSummary({ ...summary, filesFailed: 12, failures }, "/w").split("\n");
  expect(lines.slice(-4)).toEqual([
    "  8.ts: no",
    "  9.ts: no",
    "  … 2 more; `resona stats --json` names up to 100",
    "",
  ]);
});

test("a workspace with nothing to index says so, and why", () => {
  const nothing = { ...summary, filesFound: 0, filesIndexed: 0, filesUnchanged: 0 };
  expect(formatIndexSummary(nothing, "/w")).toBe("There is nothing to index in /w: it holds no files.\n");
  expect(formatIndexSummary({ ...nothing, filesFound: 2, skipped: { binary: 2 } }, "/w")).toBe(
    "There is nothing to index in /w: all 2 files found were skipped.\nSkipped 2 files\n  2  not text\n",
  );
});

test("the state of an index is an aligned list", () => {
  expect(formatStats({ ...stats, lastIndexedAt: "2026-11-20T10:00:00.000Z" }, diagnostics, plain)).toBe(
    [
      "Workspace  /w",
      "Index      /w/.resona",
      "Model      tiny, 256 dimensions",
      "Files      1,200",
      "Chunks     8,000",
      "Size       12.3 MB",
      "Indexed    2026-11-20T10:00:00.000Z",
      "Database   schema 1, 3 versions, 1 fragment",
      "Languages",
      "  typescript  1,199 files  7,980 chunks",
      "  go              1 file      20 chunks",
      "Skipped 2 files",
      "  2  not text: a.bin, b.bin",
      "Indexes",
      "  terms   ████████████████████  8,000 of 8,000 rows",
      "  vector  ███████████████░░░░░  6,000 of 8,000 rows",
      "Disk",
      "  in use  ████████████████░░░░  10.0 MB of 12.3 MB; old versions take 2.3 MB",
      "Health     healthy",
      "",
    ].join("\n"),
  );
});

test("a few of the files that were skipped are named", () => {
  const skippedPaths = { binary: ["a\nb.bin", "b.bin", "c.bin", "d.bin", "e.bin"] };
  expect(formatStats({ ...stats, skipped: { binary: 1_200 }, skippedPaths }, diagnostics, plain)).toContain(
    "\nSkipped 1,200 files\n  1,200  not text: a\\nb.bin, b.bin, c.bin, …\n",
  );
});

test("a model known by its hash is shown by the first digits", () => {
  expect(formatStats({ ...stats, modelId: "0123456789abcdef".repeat(4) }, diagnostics, plain)).toContain(
    "Model      0123456789ab, 256",
  );
});

test("a model with a name and a file is shown with both", () => {
  const model = { modelName: "nomic", modelId: "0123456789abcdef".repeat(4), modelPath: "/m/no\nmic.gguf" };
  expect(formatStats({ ...stats, ...model }, diagnostics, plain)).toContain(
    "nomic (0123456789ab), 256 dimensions, /m/no\\nmic.gguf\n",
  );
});

test("an index that was never finished says so", () => {
  expect(formatStats(stats, diagnostics, plain)).toContain("Indexed    never completely\n");
});

test("a failure is its code with a sentence, then the next step", () => {
  const failure = {
    code: "NO_INDEX",
    message: "There is no index at /a\u001bb.",
    nextStep: "Run `resona index` first.",
  };
  expect(formatFailure(failure, plain)).toBe(
    "error[NO_INDEX]: There is no index at /a\\u001bb.\nRun `resona index` first.\n",
  );
});
