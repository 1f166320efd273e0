import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { modelVocabulary, scriptRanges, seededRandom } from "@resona/test-models";
import type { ModelShape } from "@resona/test-models";

/** A text's tokens, those that mark its beginning and its end included. */
type Tokenize = (text: string) => readonly number[];

/** Ten texts for a model of that shape: words, code, several scripts; 3 tokens the shortest, 477 the longest. */
export function parityTexts(shape: ModelShape, tokenize: Tokenize): string[] {
  const words = wordsOf(shape);
  return [
    "x",
    "Café Ünïcödé naïve 東京 text — 42 %",
    "export function add(a: number, b: number): number {\n  return a + b; // sum\n}",
    ...[9, 16, 33, 64, 128, 300, 477].map((count) => textOfTokens(count, words, tokenize, count)),
  ];
}

/** A text of exactly that many tokens for a model of that shape. */
export function sizedText(shape: ModelShape, tokens: number, tokenize: Tokenize, seed: number): string {
  return textOfTokens(tokens, wordsOf(shape), tokenize, seed);
}

function textOfTokens(count: number, words: readonly string[], tokenize: Tokenize, seed: number): string {
  const random = seededRandom(seed);
  let text = "";
  for (let length = tokenize(text).length; length < count;) {
    // Every word of the vocabulary is one token or a few; near the end only what fits is taken.
    const longer = `${text} ${words[Math.floor(random() * words.length)] ?? "a"}`.trimStart();
    const longerLength = tokenize(longer).length;
    if (longerLength > count) continue;
    text = longer;
    length = longerLength;
  }
  return text;
}

/** The words of letters in the vocabulary. */
function wordsOf(shape: ModelShape): string[] {
  return modelVocabulary(shape).tokens.flatMap((token) => /^[\u2581\u0120]([a-z]{2,})$/.exec(token)?.[1] ?? []);
}

/** Strings of up to 43 characters of many scripts, with spaces between some. */
export function randomStrings(count: number): string[] {
  const random = seededRandom(99);
  return Array.from({ length: count }, () => {
    let text = "";
    for (let left = 3 + Math.floor(random() * 41); left > 0; left--) {
      if (random() < 0.15) text += " ";
      const [first, last] = scriptRanges[Math.floor(random() * scriptRanges.length)] ?? [0x61, 0x7a];
      text += String.fromCodePoint(first + Math.floor(random() * (last - first + 1)));
    }
    return text;
  });
}

const CHUNK_CHARACTERS = 1200;
const packages = fileURLToPath(new URL("../../..", import.meta.url));

/** Pieces of this repository's own sources, spread evenly over them. */
export async function codeChunks(count: number): Promise<string[]> {
  const chunks: string[] = [];
  for (const name of (await readdir(packages)).toSorted()) {
    const folder = join(packages, name, "src");
    const files = await readdir(folder, { recursive: true }).catch(() => []);
    for (const file of files.filter((path) => path.endsWith(".ts")).toSorted()) {
      const text = await readFile(join(folder, file), "utf8");
      for (let at = 0; at < text.length; at += CHUNK_CHARACTERS) chunks.push(text.slice(at, at + CHUNK_CHARACTERS));
    }
  }
  if (chunks.length < count) throw new Error(`the sources are ${chunks.length} chunks, fewer than ${count}`);
  return Array.from({ length: count }, (_, i) => chunks[Math.floor((i * chunks.length) / count)] ?? "");
}
