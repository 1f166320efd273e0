import { describe, expect, it } from "vitest";

import { arrow } from "./arrow.ts";
import { fromFloat16Bits, toFloat16Bits } from "./float16.ts";

describe("half precision", () => {
  it("reads all 65,536 numbers as Arrow does", () => {
    const all = Uint16Array.from({ length: 1 << 16 }, (_, bits) => bits);
    const expected = Float32Array.from(all, (bits) => arrow.util.uint16ToFloat64(bits));
    expect(fromFloat16Bits(all)).toEqual(expected);
  });

  it("keeps the components of a unit vector to 11 bits", () => {
    const values = Float32Array.from({ length: 1_000 }, (_, i) => Math.sin(i * i));
    const back = fromFloat16Bits(toFloat16Bits(values));
    for (const [i, value] of values.entries()) {
      expect(Math.abs((back[i] ?? 0) - value)).toBeLessThanOrEqual(Math.max(2 ** -25, Math.abs(value) * 2 ** -11));
    }
  });
});
