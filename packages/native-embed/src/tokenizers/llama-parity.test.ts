import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  bpeVocabulary,
  modelShapes,
  scriptRanges,
  seededRandom,
  startLlama,
  unigramVocabulary,
  wordPieceVocabulary,
  writeModel,
} from "@resona/test-models";
import type { LlamaReference, TestVocabulary, WrittenValue } from "@resona/test-models";
import { afterAll, describe, expect, it } from "vitest";

import { openFileSource } from "../gguf/byte-source.ts";
import { readGgufHeader } from "../gguf/read-gguf-header.ts";
import { loadTokenizer } from "./load-tokenizer.ts";
import { flag, numbers } from "./tokenizer-file.test-helper.ts";
import type { Tokenizer } from "./tokenizer.ts";

const folder = mkdtempSync(join(tmpdir(), "resona-tokenizers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whatever the tokenizer does with characters of 25 ranges side by side. */
const randomTexts = ((): string[] => {
  const random = seededRandom(99);
  const below = (end: number): number => Math.floor(random() * end);
  const randomCharacter = (): string => {
    const [first, last] = scriptRanges.at(below(scriptRanges.length))!;
    return (random() < 0.15 ? " " : "") + String.fromCodePoint(first + below(last - first + 1));
  };
  return Array.from({ length: 3_000 }, () => Array.from({ length: 3 + below(40) }, randomCharacter).join(""));
})();

/** Pieces of this package's own sources, in the middle of words too. */
const codeChunks = ((): string[] => {
  const sources = join(import.meta.dirname, "..");
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  const code = files.toSorted().map((path) => readFileSync(join(sources, path), "utf8"));
  const all = code.join("\n");
  const step = Math.floor(all.length / 500);
  return Array.from({ length: 500 }, (_, i) => all.slice(i * step, i * step + 500));
})();

/** Words of the vocabulary, special and user-defined tokens, parts of these, and spaces. */
function spelledTexts(vocabulary: TestVocabulary, userDefined: readonly string[]): string[] {
  const random = seededRandom(7);
  const pick = (from: readonly string[]): string => from.at(Math.floor(random() * from.length))!;
  const part = (): string => {
    const kind = random();
    if (kind < 0.4) return pick(vocabulary.tokens).replaceAll(/[\u2581\u0120]/g, " ");
    if (kind < 0.55) return pick(userDefined);
    if (kind < 0.65) return pick(userDefined).slice(0, 1 + Math.floor(random() * 3));
    if (kind < 0.75) return pick(["[CLS]", "</s>", "<mask>", "<unk>", "\u0301", "\u2581"]);
    return " ".repeat(1 + Math.floor(random() * 3));
  };
  // A text that is not well-formed cannot be handed to llama.cpp.
  return Array.from({ length: 500 }, () => Array.from({ length: 12 }, part).join("").toWellFormed());
}

const userDefined = ["<|user|>", "<|user|>x", "   ", "é!"];

/** The vocabulary with some tokens more that are split off first, and other entries of its file. */
function extended(vocabulary: TestVocabulary, more: Readonly<Record<string, WrittenValue>> = {}): TestVocabulary {
  const tokens = [...vocabulary.tokens, ...userDefined];
  const types = [...vocabulary.types, ...userDefined.map(() => 4)];
  const entries = new Map(vocabulary.metadata);
  const texts = tokens.map((value) => ({ type: "string", value }) as const);
  entries.set("tokenizer.ggml.tokens", { type: "array", elementType: "string", elements: texts });
  entries.set("tokenizer.ggml.token_type", numbers("int32", types));
  if (vocabulary.scores !== undefined) {
    entries.set("tokenizer.ggml.scores", numbers("float32", [...vocabulary.scores, ...userDefined.map(() => -9)]));
  }
  for (const [name, value] of Object.entries(more)) entries.set(`tokenizer.ggml.${name}`, value);
  return { ...vocabulary, tokens, types, metadata: [...entries] };
}

/** The vocabulary in a model as small as can be, in llama.cpp and here. */
async function loadBoth(vocabulary: TestVocabulary): Promise<{ llama: LlamaReference; tokenizer: Tokenizer }> {
  const path = join(folder, "model.gguf");
  const tokens = vocabulary.tokens.length;
  const shape = { ...modelShapes.minilm, tokens, blocks: 1, width: 32, heads: 1, feedForward: 32 };
  writeModel(path, { shape, format: "Q8_0", metadata: vocabulary.metadata });
  const runtime = await startLlama();
  const llama = await runtime.load(path);
  const source = await openFileSource(path);
  const tokenizer = await loadTokenizer(source, await readGgufHeader(source));
  await source.close();
  return { llama, tokenizer };
}

describe("the tokens of llama.cpp", () => {
  it.each<[name: string, vocabulary: TestVocabulary]>([
    ["WordPiece", wordPieceVocabulary(30_522, 1)],
    ["WordPiece that keeps case", extended(wordPieceVocabulary(5_000, 2), { "normalizer.lowercase": flag(false) })],
    ["byte-pair encoding", bpeVocabulary(8_000, 3)],
    ["byte-pair encoding with user-defined tokens", extended(bpeVocabulary(5_000, 4, "roberta-bpe"))],
    ["byte-pair encoding with no pre-tokenizer named", bpeVocabulary(5_000, 5, "default")],
    ["unigram", unigramVocabulary(20_000, 6)],
    [
      "unigram that keeps spaces",
      extended(unigramVocabulary(8_000, 7), { remove_extra_whitespaces: flag(false), add_space_prefix: flag(false) }),
    ],
  ])("are found with %s", async (_, vocabulary) => {
    const { llama, tokenizer } = await loadBoth(vocabulary);
    const texts = [...randomTexts, ...codeChunks, ...spelledTexts(vocabulary, userDefined)];
    const differing = texts.filter((text) => {
      const expected = llama.tokenize(text);
      const { ids, tokens } = tokenizer.encode(text, expected.length + 8);
      return tokens !== expected.length || ids.some((id, i) => id !== expected[i]);
    });
    await llama.close();
    expect(differing).toEqual([]);
  });
});
