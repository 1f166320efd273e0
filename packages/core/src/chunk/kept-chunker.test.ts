import { beforeEach, expect, onTestFinished, test, vi } from "vitest";

import { KeptChunker } from "./kept-chunker.ts";

/** Chunkers that are open, by the size of their chunks. */
const open = vi.hoisted(() => [] as number[]);

vi.mock("./create-chunker.ts", async (original) => {
  const real = await original<typeof import("./create-chunker.ts")>();
  const createChunker: typeof real.createChunker = (options) => {
    const chunker = real.createChunker(options);
    open.push(options.chunkChars);
    const close = async () => {
      open.splice(open.indexOf(options.chunkChars), 1);
      await chunker.close();
    };
    return { chunk: (...file) => chunker.chunk(...file), close };
  };
  return { createChunker };
});

beforeEach(() => {
  open.length = 0;
});

async function runOf(kept: KeptChunker, chunkChars: number): Promise<number> {
  const chunker = await kept.forRun({ chunkChars, parserThreads: 1, parseTimeoutMs: 10_000 });
  const { chunks } = await chunker.chunk("a.ts", "export const harbour = 1;\n".repeat(40));
  await chunker.close();
  return chunks.length;
}

test("threads stay from run to run, until they are to end", async () => {
  const kept = new KeptChunker();
  onTestFinished(() => kept.close());
  const count = await runOf(kept, 400);
  expect(await runOf(kept, 400)).toBe(count);
  expect(open).toEqual([400]);
  await kept.close();
  expect(open).toEqual([]);
  expect(await runOf(kept, 400)).toBe(count);
  expect(open).toEqual([400]);
});

test("a run with chunks of another size has threads of its own", async () => {
  const kept = new KeptChunker();
  onTestFinished(() => kept.close());
  expect(await runOf(kept, 200)).toBeGreaterThan(await runOf(kept, 800));
  expect(open).toEqual([800]);
});
