import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { estimateTokens, requestBatches } from "./request-batches.ts";

const texts = fc.array(fc.nat({ max: 60 }).map((length) => "x".repeat(length)));
const limits = fc.record({ texts: fc.integer({ min: 1, max: 9 }), tokens: fc.integer({ min: 1, max: 30 }) });
const tokensOf = (batch: readonly string[]) => batch.reduce((sum, text) => sum + estimateTokens(text), 0);

describe("requestBatches", () => {
  it("keeps every text, in order, and makes no empty request", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), limits, (given, bounds) => {
        const batches = [...requestBatches(given, bounds)];
        expect(batches.flat()).toEqual(given);
        expect(batches.every(({ length }) => length > 0)).toBe(true);
      }),
    );
  });

  it("keeps to both limits, but for a text that is too large for any request", () => {
    fc.assert(
      fc.property(texts, limits, (given, bounds) => {
        for (const batch of requestBatches(given, bounds)) {
          expect(batch.length).toBeLessThanOrEqual(bounds.texts);
          expect(batch.length === 1 || tokensOf(batch) <= bounds.tokens).toBe(true);
        }
      }),
    );
  });

  it("begins a new request only when the next text does not fit", () => {
    fc.assert(
      fc.property(texts, limits, (given, bounds) => {
        const batches = [...requestBatches(given, bounds)];
        for (const [n, batch] of batches.slice(0, -1).entries()) {
          const next = batches[n + 1]?.[0] ?? "";
          expect(batch.length === bounds.texts || tokensOf([...batch, next]) > bounds.tokens).toBe(true);
        }
      }),
    );
  });

  it("takes no more texts than a request needs, and follows limits that change", () => {
    let taken = 0;
    function* source() {
      for (;;) yield `text ${taken++}`;
    }
    const changing = { texts: 4, tokens: 1_000 };
    const batches = requestBatches(source(), changing);
    expect(batches.next().value).toHaveLength(4);
    expect(taken).toBe(5);
    changing.texts = 2;
    expect(batches.next().value).toHaveLength(2);
  });
});
