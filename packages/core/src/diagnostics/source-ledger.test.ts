import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { SourceLedger } from "./source-ledger.ts";

interface Claim {
  readonly source: number;
  readonly version: number;
  readonly chunkCount: number;
}
interface Entry extends Claim {
  readonly n: number;
}

function idOf(source: number): Uint8Array {
  return Buffer.from(`s${source}`);
}

function claimOf({ version, chunkCount }: Claim) {
  return { hash: version === 0 ? new Uint8Array() : new Uint8Array(16).fill(version), chunkCount };
}

/** The same with a list of records for each source. */
function unsettledSources(opened: readonly Claim[], entries: readonly Entry[]): number[] {
  const sources = new Map<number, { opened: Claim[]; entries: Entry[] }>();
  const at = (source: number) => {
    const found = sources.get(source) ?? { opened: [], entries: [] };
    sources.set(source, found);
    return found;
  };
  for (const claim of opened) at(claim.source).opened.push(claim);
  for (const entry of entries) at(entry.source).entries.push(entry);
  const isSound = (claims: readonly Claim[], { chunkCount, version }: Claim, numbers: readonly number[]) =>
    claims.every((claim) => claim.chunkCount === chunkCount && claim.version === version) &&
    numbers.length === chunkCount &&
    numbers.toSorted((a, b) => a - b).every((n, i) => n === i);
  return [...sources]
    .filter(([, source]) => {
      const claims = [...source.opened, ...source.entries];
      const numbers = source.entries.map(({ n }) => n);
      return source.opened.length > 1 || !claims[0] || !isSound(claims, claims[0], numbers);
    })
    .map(([source]) => source)
    .toSorted((a, b) => a - b);
}

const source = fc.nat(3);
const version = fc.constantFrom(1, 1, 1, 0, 2);
const chunkCount = fc.constantFrom(2, 2, 2, 0, 1, 3);
const claims = fc.array(fc.record({ source, version, chunkCount }), { maxLength: 4 });
const entries = fc.array(fc.record({ source, version, chunkCount, n: fc.nat(2) }), { maxLength: 8 });

describe("SourceLedger", () => {
  it("finds the sources that a list of their records would find", () => {
    fc.assert(
      fc.property(claims, entries, (opened, entered) => {
        const ledger = new SourceLedger();
        for (const claim of opened) ledger.open(idOf(claim.source), 0, 2, claimOf(claim));
        for (const entry of entered) ledger.enter(idOf(entry.source), 0, 2, entry.n, claimOf(entry));
        const unsettled = [0, 1, 2, 3].filter((id) => ledger.isUnsettled(idOf(id), 0, 2));
        expect(unsettled).toEqual(unsettledSources(opened, entered));
        expect(ledger.unsettled).toBe(unsettled.length);
      }),
      { numRuns: 2_000 },
    );
  });

  it("is settled by each number once, in any order, and by nothing else", () => {
    const whole = fc.integer({ min: 1, max: 40 }).chain((count) => {
      const numbers = Array.from({ length: count }, (_, n) => n);
      return fc.record({
        count: fc.constant(count),
        order: fc.shuffledSubarray(numbers, { minLength: count }),
        wrong: fc.option(fc.record({ at: fc.nat(count - 1), by: fc.integer({ min: 1, max: 5 }) })),
      });
    });
    fc.assert(
      fc.property(whole, ({ count, order, wrong }) => {
        const ledger = new SourceLedger();
        const claim = { hash: new Uint8Array(16), chunkCount: count };
        const numbers = order.map((n, at) => (wrong?.at === at ? n + wrong.by : n));
        for (const n of numbers) ledger.enter(Buffer.from("x src/a.go y"), 2, 10, n, claim);
        expect(ledger.has(Buffer.from("src/a.go"), 0, 8)).toBe(true);
        expect(ledger.unsettled).toBe(wrong === null ? 0 : 1);
      }),
    );
  });
});
