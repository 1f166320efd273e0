import { expect, it } from "vitest";

import { memoryLimitOf } from "./memory-limit.ts";

it.each([
  [512, 512],
  [1_000.4, 1_000],
  [1, 128],
  [-5, 128],
  [1e9, 16_384],
  [Infinity, 16_384],
  [Number.NaN, 512],
  ["x", 512],
  ["1024", 512],
  [null, 512],
  [undefined, 512],
])("takes %j for %i MB", (value, megabytes) => {
  expect(memoryLimitOf(value)).toBe(megabytes);
});
