import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { readLines } from "./read-lines.ts";

async function* stream(chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

const texts = async (chunks: readonly (string | Uint8Array)[], maxBytes = 1_000) =>
  (await Array.fromAsync(readLines(stream(chunks), maxBytes))).map(({ text }) => text);

describe("readLines", () => {
  test("gives each line with its number, the last one with or without a line end", async () => {
    const lines = await Array.fromAsync(readLines(stream(["a\n\nb\r\nc"]), 10));
    expect(lines).toEqual([
      { number: 1, text: "a" },
      { number: 2, text: "" },
      { number: 3, text: "b" },
      { number: 4, text: "c" },
    ]);
    expect(await texts(["a\n"])).toEqual(["a"]);
    expect(await texts([])).toEqual([]);
  });

  test("passes over a line that is too long and goes on with the next", async () => {
    expect(await texts(["12345\n123456\n1", "23", "456\n12345"], 5)).toEqual(["12345", undefined, undefined, "12345"]);
  });

  test("gives the same lines wherever the stream was cut, also within a character", async () => {
    const line = fc.string({ unit: "grapheme", maxLength: 8 }).map((text) => text.replaceAll(/[\r\n]/g, "_"));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(7), { minLength: 1 }), async (lines, sizes) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
        const chunks: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = 1 + (sizes[i % sizes.length] ?? 0);
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(await texts(chunks)).toEqual(lines);
      }),
    );
  });
});
