import { expect, it } from "vitest";

import { checkTable, isMet, table } from "./report.ts";

it("a check is met from its bound on, and by no measurement that failed", () => {
  expect(isMet({ name: "ratio", measured: 2, atLeast: 2 })).toBe(true);
  expect(isMet({ name: "ratio", measured: 1.99, atLeast: 2 })).toBe(false);
  expect(isMet({ name: "time", measured: 50, atMost: 50 })).toBe(true);
  expect(isMet({ name: "time", measured: 50.1, atMost: 50 })).toBe(false);
  expect(isMet({ name: "time", measured: Number.NaN, atMost: 50 })).toBe(false);
});

it("a table has columns as wide as what stands in them", () => {
  expect(table(["a", "longer"], [["value", 1]])).toBe(
    ["| a     | longer |", "| ----- | ------ |", "| value | 1      |"].join("\n"),
  );
});

it("the table of checks says which are not met", () => {
  const text = checkTable([
    { name: "ratio", measured: 2.5, atLeast: 2 },
    { name: "time", measured: 60, atMost: 50 },
  ]);
  expect(text).toMatch(/\| ratio +\| 2\.50 +\| ≥ 2 +\| met +\|/);
  expect(text).toMatch(/\| time +\| 60\.00 +\| ≤ 50 +\| NOT MET +\|/);
});
