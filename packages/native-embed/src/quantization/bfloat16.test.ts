import { expect, it } from "vitest";

import { bfloat16ToNumber } from "./bfloat16.ts";

it.each([
  [0x0000, 0],
  [0x8000, -0],
  [0x0001, 2 ** -133],
  [0x0080, 2 ** -126],
  [0x3f80, 1],
  [0x3fc0, 1.5],
  [0xc049, -3.140625],
  [0x7f7f, 255 * 2 ** 120],
  [0x7f80, Infinity],
  [0xff80, -Infinity],
  [0x7fc0, NaN],
])("decodes %i as %d", (bits, value) => {
  expect(bfloat16ToNumber(bits)).toBe(value);
});
