import { readFile } from "node:fs/promises";

import { expect, onTestFinished, test } from "vitest";

import { expectToCover } from "./chunk-cover.test-helper.ts";
import { chunkText } from "./chunk-text.ts";
import type { Chunker } from "./chunker.ts";
import { createChunker } from "./create-chunker.ts";
import { createSyntaxParser } from "./syntax-parser.ts";

function openChunker(parserThreads = 2): Chunker {
  const chunker = createChunker({ chunkChars: 400, parserThreads, parseTimeoutMs: 10_000 });
  onTestFinished(() => chunker.close());
  return chunker;
}

const ownFiles = ["create-chunker.ts", "languages.ts", "parse-pool.ts", "source-lines.ts", "syntax-chunker.ts"];

test("threads give what parsing in this thread gives, each call its own file", async () => {
  const chunker = openChunker();
  const parser = createSyntaxParser();
  await Promise.all(
    ownFiles.map(async (name) => {
      const text = await readFile(new URL(name, import.meta.url), "utf8");
      const file = await chunker.chunk(`src/${name}`, text);
      expect(file).toEqual(await chunkText(name, text, { chunkChars: 400, parseTimeoutMs: 10_000 }, parser));
      expect(file.fallback).toBeUndefined();
      expectToCover(text, 400, file.chunks);
    }),
  );
});

test("files of many languages go through one thread", async () => {
  const chunker = openChunker(1);
  const languages = await Promise.all(
    ["a.py", "a.rs", "a.md", "a.toml", "a.kt", "a.unknown", "bin/run"].map(
      async (path) => (await chunker.chunk(path, "#!/usr/bin/env lua\n")).language,
    ),
  );
  expect(languages).toEqual(["python", "rust", "markdown", "toml", "kotlin", "lua", "lua"]);
});

test("a file that makes its parser run out of memory is split by lines, and the next one is parsed", async () => {
  const chunker = openChunker(1);
  const greedy = await chunker.chunk("a.ts", "a<".repeat(250_000));
  expect(greedy).toMatchObject({ fallback: "parse-failed", chunks: [{ kind: "lines", startLine: 1, endLine: 1 }] });
  const next = await chunker.chunk("b.ts", "export class Next {}");
  expect(next).toMatchObject({ chunks: [{ kind: "definition", symbols: ["Next"] }] });
});

test("an aborted signal rejects with its reason", async () => {
  const chunker = openChunker();
  const reason = new Error("enough");
  await expect(chunker.chunk("a.ts", "let a = 1;", AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("a chunker that was never used closes", async () => {
  const chunker = createChunker({ chunkChars: 400, parserThreads: 2, parseTimeoutMs: 1_000 });
  await chunker.close();
  await expect(chunker.chunk("a.ts", "let a = 1;")).rejects.toThrow("The chunker is closed.");
});
