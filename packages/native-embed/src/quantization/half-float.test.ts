import { expect, it } from "vitest";

import { halfToNumber } from "./half-float.ts";

it.each([
  [0x0000, 0],
  [0x0001, 2 ** -24],
  [0x03ff, 1023 * 2 ** -24],
  [0x0400, 2 ** -14],
  [0x3555, 0.333251953125],
  [0x3c00, 1],
  [0xc000, -2],
  [0x7bff, 65_504],
  [0x7c00, Infinity],
  [0xfc00, -Infinity],
  [0x7e00, NaN],
])("decodes 0x%s", (bits, value) => {
  expect(halfToNumber(bits)).toBe(value);
});

it("grows with the bits, and mirrors at the sign", () => {
  for (let bits = 0; bits < 0x7c00; bits++) {
    expect(halfToNumber(bits + 1)).toBeGreaterThan(halfToNumber(bits));
    expect(halfToNumber(bits | 0x8000)).toBe(-halfToNumber(bits));
  }
});
