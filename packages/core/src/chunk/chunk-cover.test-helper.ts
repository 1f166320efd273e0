import { expect } from "vitest";

import type { Chunk } from "../model/chunk.ts";

/** For tests: a naive check of what every chunk of every file promises, whichever way it was split. */
export function expectToCover(source: string, chunkChars: number, chunks: readonly Chunk[]): void {
  const lines = source.replace(/^\uFEFF/, "").split(/\r?\n/);
  const owners = lines.map(() => 0);
  let previousEnd = 0;
  for (const chunk of chunks) {
    expect(chunk.startLine).toBeGreaterThan(previousEnd);
    expect(chunk.endLine).toBeGreaterThanOrEqual(chunk.startLine);
    expect(chunk.endLine).toBeLessThanOrEqual(lines.length);
    previousEnd = chunk.endLine;

    const own = lines.slice(chunk.startLine - 1, chunk.endLine);
    expect(own.at(0)?.trim()).not.toBe("");
    expect(own.at(-1)?.trim()).not.toBe("");
    const whole = own.join("\n");
    if (whole.length <= 8 * chunkChars) expect(chunk.text).toBe(whole);
    else expect(whole.startsWith(chunk.text) && chunk.text.length >= 8 * chunkChars - 1).toBe(true);
    for (let line = chunk.startLine; line <= chunk.endLine; line++) owners[line - 1] = (owners[line - 1] ?? 0) + 1;

    expect(chunk.symbols.length).toBeLessThanOrEqual(64);
    expect(new Set(chunk.symbols).size).toBe(chunk.symbols.length);
    expect([...chunk.symbols, ...chunk.scope].filter((name) => name === "" || name.includes("\n"))).toEqual([]);
  }
  const unowned = lines.filter((line, at) => line.trim() !== "" && owners[at] !== 1);
  expect(unowned).toEqual([]);
}
