import { expect, test } from "vitest";

import { trustedMtime } from "./trusted-mtime.ts";

test("the time of a file that was left alone for more than two seconds is kept, with its fraction", () => {
  expect(trustedMtime(7_999.5, 10_000)).toBe(7_999.5);
});

test("a time within two seconds of the reading, or in the future, is not trusted", () => {
  expect(trustedMtime(8_000, 10_000)).toBeNaN();
  expect(trustedMtime(10_000, 10_000)).toBeNaN();
  expect(trustedMtime(99_000, 10_000)).toBeNaN();
});

test("a time of 1970 or before it is one like any other", () => {
  expect(trustedMtime(0, 10_000)).toBe(0);
  expect(trustedMtime(-5_000.25, 10_000)).toBe(-5_000.25);
});
