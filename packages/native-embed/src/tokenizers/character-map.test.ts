import { precompiledCharsmap } from "@resona/test-models";
import fc from "fast-check";
import { expect, it } from "vitest";

import { memorySource } from "../gguf/byte-source.ts";
import { readGgufHeader } from "../gguf/read-gguf-header.ts";
import { readCharacterMap } from "./character-map.ts";
import type { CharacterMap } from "./character-map.ts";
import { numbers, tokenizerFile } from "./tokenizer-file.test-helper.ts";

async function mapOf(replacements: ReadonlyMap<string, string>): Promise<CharacterMap> {
  const bytes = [...precompiledCharsmap(replacements)];
  const source = memorySource(tokenizerFile({ precompiled_charsmap: numbers("uint8", bytes) }));
  return (await readCharacterMap(source, await readGgufHeader(source)))!;
}

it("is not there when the file has none", async () => {
  const source = memorySource(tokenizerFile({}));
  expect(await readCharacterMap(source, await readGgufHeader(source))).toBeUndefined();
});

it("finds the longest key at every place of a text, and its replacement", async () => {
  const letters = fc.constantFrom("a", "b", "é", "中", "\u{1f600}");
  const key = fc.string({ unit: letters, minLength: 1, maxLength: 4 });
  const replacements = fc.array(fc.tuple(key, fc.string({ unit: letters, maxLength: 3 })), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(replacements, fc.string({ unit: letters, maxLength: 30 }), async (entries, text) => {
      const known = new Map([["key", "value"], ...entries]);
      const map = await mapOf(known);
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; at++) {
        const prefixes = Array.from({ length: bytes.length - at }, (_, i) => bytes.subarray(at, at + i + 1));
        const longest = prefixes.findLast(
          (prefix) => known.has(prefix.toString()) && !prefix.toString().includes("\ufffd"),
        );
        expect(map.match(bytes, at, bytes.length)).toBe(longest !== undefined);
        if (longest === undefined) continue;
        expect(map.matched).toBe(longest.length);
        const replacement = Buffer.from(map.texts.subarray(map.start, map.end)).toString();
        expect(replacement).toBe(known.get(longest.toString()));
      }
    }),
    { numRuns: 100 },
  );
});

it("looks no farther than the end of the text", async () => {
  const map = await mapOf(new Map([["ab", "x"]]));
  expect(map.match(Buffer.from("ab"), 0, 1)).toBe(false);
  expect(map.match(Buffer.from("ab"), 0, 2)).toBe(true);
});
