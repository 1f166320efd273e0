import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { memorySource } from "./byte-source.ts";
import type { ByteSource } from "./byte-source.ts";
import { readAhead } from "./read-ahead.ts";

const buffers = (depth: number, pieceBytes: number) => {
  const all = Array.from({ length: depth }, () => new Uint8Array(pieceBytes));
  return (index: number, _from: number, bytes: number) => all[index % depth]!.subarray(0, bytes);
};

describe("reading ahead", () => {
  it("gives all bytes of the part in order, whatever the sizes and however long each read takes", async () => {
    const property = fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(200),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat(3), { minLength: 1 }),
      async (bytes, skip, pieceBytes, depth, delays) => {
        const inner = memorySource(bytes);
        const position = Math.min(skip, bytes.byteLength);
        const byteLength = bytes.byteLength - position;
        let reads = 0;
        let underWay = 0;
        const slow: ByteSource = {
          ...inner,
          async read(target, at) {
            expect(++underWay).toBeLessThanOrEqual(depth);
            for (let turn = delays[reads++ % delays.length]!; turn > 0; turn--) await Promise.resolve();
            await inner.read(target, at);
            underWay--;
          },
        };
        const taken: number[] = [];
        const part = { position, byteLength, pieceBytes, depth, target: buffers(depth, pieceBytes) };
        for await (const piece of readAhead(slow, part)) taken.push(...piece);
        expect(taken).toEqual([...bytes.subarray(position)]);
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });

  it("leaves no read under way when it is given up or fails", async () => {
    let underWay = 0;
    const source: ByteSource = {
      name: "slow",
      size: 1_000,
      async read(_target, position) {
        underWay++;
        await new Promise((resolve) => setTimeout(resolve, 5));
        underWay--;
        if (position === 50) throw new Error("bad sector");
      },
      async close() {},
    };
    const part = { position: 0, byteLength: 1_000, pieceBytes: 10, depth: 4, target: buffers(4, 10) };
    for await (const _ of readAhead(source, part)) break;
    expect(underWay).toBe(0);
    const all = async (): Promise<void> => {
      for await (const _ of readAhead(source, part));
    };
    await expect(all()).rejects.toThrow("bad sector");
    expect(underWay).toBe(0);
  });
});
