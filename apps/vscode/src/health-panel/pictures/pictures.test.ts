import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { filledPercent } from "./bar.ts";
import { type LineChart, lineChart } from "./line-chart.ts";
import { niceCeiling } from "./scale.ts";

function chart(more: Partial<LineChart>): string {
  const usual = {
    name: "Fragments",
    value: "3",
    description: "3 of them",
    points: [{ x: 0, y: 3 }],
    shape: "steps",
    from: "then",
    to: "now",
    format: String,
  } as const;
  return lineChart({ ...usual, ...more }).html;
}

function lineOf(markup: string): string | undefined {
  return /<path class="line" d="([^"]*)"/.exec(markup)?.[1];
}

describe("an axis", () => {
  it("ends at a round number above its line, and not far above", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (value) => {
        const top = niceCeiling(value);
        expect(top).toBeGreaterThanOrEqual(value);
        expect(top).toBeLessThanOrEqual(value * 1.51);
      }),
    );
    expect([0, 1, 7, 11, 329, 1_001].map(niceCeiling)).toEqual([1, 1, 8, 15, 400, 1_500]);
  });
});

describe("a line", () => {
  it("holds its values until the next, or goes straight to it", () => {
    const points = [0, 2, 4].map((x) => ({ x, y: x * 2 }));
    expect(lineOf(chart({ points }))).toBe("M0 100H500V50H1000V0");
    expect(lineOf(chart({ points, shape: "slopes" }))).toBe("M0 100L500 50L1000 0");
  });

  it("of a single value goes from one side to the other", () => {
    expect(lineOf(chart({ points: [{ x: 5, y: 0 }] }))).toBe("M0 100H1000");
  });

  it("never leaves its picture", () => {
    const points = fc
      .array(fc.record({ x: fc.nat(), y: fc.maxSafeNat() }), { minLength: 1 })
      .map((some) => some.toSorted((a, b) => a.x - b.x));
    fc.assert(
      fc.property(points, fc.constantFrom("steps", "slopes"), (some, shape) => {
        const line = lineOf(chart({ points: some, shape })) ?? "";
        expect(line).toMatch(/^M0 [\d.]+(?:[HVL][\d.]+(?: [\d.]+)?)*$/);
        for (const [, command, first, second] of line.matchAll(/([MHVL])([\d.]+)(?: ([\d.]+))?/g)) {
          const [x, y] = command === "V" ? [0, first] : [first, second ?? 0];
          expect(Number(x)).toBeLessThanOrEqual(1_000);
          expect(Number(y)).toBeLessThanOrEqual(100);
        }
      }),
    );
  });

  it("says in words what it shows, and when something happened", () => {
    const markup = chart({ points: [0, 100].map((x) => ({ x, y: 1 })), marks: [50] });
    expect(markup).toContain('role="img"');
    expect(markup).toContain('aria-label="3 of them"');
    expect(markup).toContain('<path class="mark" d="M500 0V100"');
  });
});

describe("a bar", () => {
  it("is full only if all is there, and empty only if nothing is", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (part, whole) => {
        const filled = filledPercent(part, whole);
        expect(filled === 0).toBe(part === 0);
        expect(filled === 100).toBe(part > 0 && part >= whole);
      }),
    );
  });
});
