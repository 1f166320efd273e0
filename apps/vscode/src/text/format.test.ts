import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { english } from "./english.test-helper.ts";
import { formatAge, formatBytes, formatCount, formatDuration, formatShare } from "./format.ts";

const german = { ...english, locale: "de" };

describe("numbers", () => {
  it("are written as people of the language write them", () => {
    expect(formatCount(1_234_567, english)).toBe("1,234,567");
    expect(formatCount(1_234_567, german)).toBe("1.234.567");
    expect(formatBytes(14_200_000, german)).toBe("14,2 MB");
  });

  it.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [999, "999 bytes"],
    [1_000, "1 kB"],
    [99_940, "99.9 kB"],
    [99_960, "100 kB"],
    [999_400, "999 kB"],
    [999_600, "1 MB"],
    [148_300_000, "148 MB"],
    [2_500_000_000_000_000, "2,500 TB"],
  ])("%d bytes are %s", (bytes, text) => {
    expect(formatBytes(bytes, english)).toBe(text);
  });

  it.each([
    [0, "0%"],
    [0.0001, "1%"],
    [0.426, "43%"],
    [0.9999, "99%"],
    [1, "100%"],
  ])("a share of %d is %s: nearly all is not all, and nearly nothing is not nothing", (share, text) => {
    expect(formatShare(share, english)).toBe(text);
  });
});

describe("times", () => {
  const now = new Date("2026-05-04T12:00:00Z");
  const ago = (seconds: number) => formatAge(new Date(now.getTime() - seconds * 1000), now, english);

  it.each([
    [-500, "just now"],
    [59, "just now"],
    [60, "1 minute ago"],
    [3_599, "59 minutes ago"],
    [3_600, "1 hour ago"],
    [86_399, "23 hours ago"],
    [86_400, "yesterday"],
    [86_400 * 29, "29 days ago"],
    [86_400 * 60, "2 months ago"],
    [86_400 * 364, "12 months ago"],
    [86_400 * 1_626, "4 years ago"],
  ])("%d seconds ago are %s", (seconds, text) => {
    expect(ago(seconds)).toBe(text);
  });

  it.each([
    [420, "0.4 sec"],
    [12_345, "12.3 sec"],
    [59_949, "59.9 sec"],
    [59_950, "1 min 0 sec"],
    [125_000, "2 min 5 sec"],
    [3_599_600, "1 hr 0 min"],
    [7_500_000, "2 hr 5 min"],
  ])("%d milliseconds are %s", (milliseconds, text) => {
    expect(formatDuration(milliseconds, english)).toBe(text);
  });

  it("never have sixty seconds in a minute or sixty minutes in an hour", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10 ** 9 }), (milliseconds) => {
        expect(formatDuration(milliseconds, english)).not.toMatch(/\b60 (sec|min)/);
      }),
    );
  });
});
