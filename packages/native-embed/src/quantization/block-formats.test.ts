import { expect, it } from "vitest";

import { blockFormatName, blockFormats, ggmlTypeName } from "./block-formats.ts";

it("finds every format by ggml's number", () => {
  for (const [name, { type }] of Object.entries(blockFormats)) expect(blockFormatName(type)).toBe(name);
});

it("spends the bits on each number that the format is known for", () => {
  const bits = Object.entries(blockFormats).map(([name, { elements, bytes }]) => [name, (bytes * 8) / elements]);
  expect(Object.fromEntries(bits)).toEqual({
    F32: 32,
    F16: 16,
    BF16: 16,
    Q4_0: 4.5,
    Q4_1: 5,
    Q5_0: 5.5,
    Q5_1: 6,
    Q8_0: 8.5,
    Q4_K: 4.5,
    Q5_K: 5.5,
    Q6_K: 6.5625,
  });
});

it.each([
  [8, "Q8_0"],
  [20, "IQ4_NL"],
  [39, "MXFP4"],
  [4_000_000_000, "ggml type 4000000000"],
])("calls type %i %s", (type, name) => {
  expect(ggmlTypeName(type)).toBe(name);
});

it("knows no format for a type that it only has a name for", () => {
  expect(blockFormatName(20)).toBeUndefined();
});
