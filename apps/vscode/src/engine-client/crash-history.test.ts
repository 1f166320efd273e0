import { expect, it } from "vitest";

import { CrashHistory } from "./crash-history.ts";

const timing = { firstDelayMs: 500, maxCrashes: 5, windowMs: 180_000 };

it("waits twice as long after every crash, and gives up at the fifth within three minutes", () => {
  const crashes = new CrashHistory(timing);
  expect([0, 1, 2, 3, 4].map((second) => crashes.add(second * 1_000))).toEqual([500, 1_000, 2_000, 4_000, undefined]);
});

it("forgets crashes that are longer ago", () => {
  const crashes = new CrashHistory(timing);
  for (let crash = 0; crash < 20; crash++) expect(crashes.add(crash * 60_000)).toBeLessThanOrEqual(2_000);
  expect(crashes.add(10_000_000)).toBe(500);
});
