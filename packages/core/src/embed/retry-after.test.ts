import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { parseRetryAfter } from "./retry-after.ts";

const now = Date.UTC(2026, 4, 5, 12, 0, 0);
const httpDate = (time: number) => new Date(time).toUTCString();

describe("parseRetryAfter", () => {
  it.each([
    ["0", 0],
    ["7", 7_000],
    [" 120 ", 120_000],
    ["0.25", 250],
    ["9".repeat(400), Number.POSITIVE_INFINITY],
    ["Tue, 05 May 2026 12:00:30 GMT", 30_000],
    ["Tue, 05 May 2026 11:59:00 GMT", 0],
  ])("%s is a time to wait", (value, ms) => {
    expect(parseRetryAfter(value, null, now)).toBe(ms);
  });

  it.each([
    null,
    "",
    "-5",
    "+5",
    "1e3",
    "0x10",
    "5s",
    "soon",
    "NaN",
    "Infinity",
    "2026-05-05T12:00:30Z",
    "Tuesday, 05-May-26 12:00:30 GMT",
    "Tue, 05 May 2026 12:00:30 +0200",
    "Tue, 99 May 2026 99:00:30 GMT",
  ])("%j says nothing", (value) => {
    expect(parseRetryAfter(value, null, now)).toBeUndefined();
  });

  it("counts a date from the date of the answer, whose clock is the same", () => {
    const hourAhead = now + 3_600_000;
    expect(parseRetryAfter(httpDate(hourAhead + 5_000), httpDate(hourAhead), now)).toBe(5_000);
    expect(parseRetryAfter(httpDate(now + 5_000), "sometime", now)).toBe(5_000);
  });

  it("takes back every number of seconds and every date that a server writes", () => {
    const seconds = fc.integer({ min: 0, max: 2 ** 31 });
    fc.assert(
      fc.property(seconds, (wait) => {
        expect(parseRetryAfter(String(wait), null, now)).toBe(wait * 1_000);
        expect(parseRetryAfter(httpDate(now + wait * 1_000), null, now)).toBe(wait * 1_000);
      }),
    );
  });

  it("never gives anything but a wait of at least nothing, whatever the header says", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...Array.from("0123456789.:, GMTay-+eE")) })),
        (value) => {
          const wait = parseRetryAfter(value, null, now);
          expect(wait === undefined || wait >= 0).toBe(true);
        },
      ),
    );
  });
});
