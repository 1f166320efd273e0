import fc from "fast-check";
import { expect, it } from "vitest";

import { MinHeap } from "./min-heap.ts";

it("gives back the smallest, whatever came and went before", () => {
  const steps = fc.array(fc.option(fc.integer({ min: 0, max: 50 }), { freq: 3 }), { maxLength: 1_000 });
  fc.assert(
    fc.property(steps, (keys) => {
      const heap = new MinHeap();
      const sorted: number[] = [];
      for (const key of keys) {
        if (key !== null) {
          heap.push(key);
          sorted.push(key);
          sorted.sort((a, b) => a - b);
        }
        const taken = key === null && sorted.length > 0 ? [heap.pop()] : [];
        expect(taken).toEqual(sorted.splice(0, taken.length));
        expect(heap.size).toBe(sorted.length);
      }
    }),
    { numRuns: 300 },
  );
});
