import { expect, test } from "vitest";

import { counted, fit, formatBytes, formatDuration, printable, printableLine } from "./text.ts";

test("text without control characters is shown as it is", () => {
  expect(printable("src/ünïcode 日本 😀 a b.ts")).toBe("src/ünïcode 日本 😀 a b.ts");
});

test.each([
  ["a\nb", "a\\nb"],
  ["a\r\tb", "a\\r\\tb"],
  ["\u001b[31mred", "\\u001b[31mred"],
  ["\u009b31m", "\\u009b31m"],
  ["\u007f\u0000", "\\u007f\\u0000"],
  ["evil\u202egnp.ts", "evil\\u202egnp.ts"],
  ["a\u2028b\u2066c\ufeff", "a\\u2028b\\u2066c\\ufeff"],
])("%j is shown as %j", (text, shown) => {
  expect(printable(text)).toBe(shown);
});

test("tabs of a source line become spaces, other control characters are escaped", () => {
  expect(printableLine("\tif (x)\u001b")).toBe("  if (x)\\u001b");
});

test.each([
  ["abcdef", 6, "abcdef"],
  ["abcdef", 5, "abcd…"],
  ["abcdef", 1, "…"],
  ["abcdef", 0, ""],
  ["日本語", 6, "日本語"],
  ["日本語", 5, "日本…"],
  ["日本語", 4, "日…"],
  ["a😀b", 4, "a😀b"],
  ["a😀b", 3, "a…"],
  ["👨‍👩‍👧‍👦", 2, "👨‍👩‍👧‍👦"],
  ["e\u0301e\u0301", 2, "e\u0301e\u0301"],
])("%j in %i columns is %j", (text, columns, shown) => {
  expect(fit(text, columns)).toBe(shown);
});

test("quantities are written with their units", () => {
  expect([0, 999, 1_000, 14_200_000, 999_960, 250_000_000_000].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "14.2 MB",
    "1.0 MB",
    "250 GB",
  ]);
  expect([0, 420.4, 999.7, 12_345, 59_960, 125_000].map(formatDuration)).toEqual([
    "0 ms",
    "420 ms",
    "1.0 s",
    "12.3 s",
    "1 min 0 s",
    "2 min 5 s",
  ]);
  expect([counted(1, "file"), counted(0, "file"), counted(1234, "chunk")]).toEqual([
    "1 file",
    "0 files",
    "1,234 chunks",
  ]);
});
