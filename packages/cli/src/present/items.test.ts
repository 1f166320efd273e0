import { expect, test } from "vitest";

import { type EmbedReport, formatEmbedSummary } from "./items.ts";

const report: EmbedReport = {
  status: "completed",
  itemsRead: 3,
  itemsUnchanged: 0,
  itemsEmbedded: 3,
  itemsEmpty: 0,
  itemsFailed: 0,
  failures: [],
  totalEmbeddings: 4,
  reusedEmbeddings: 0,
  batchesProcessed: 1,
  collectionCount: 4,
  truncatedChunks: 0,
  oversizedChunks: 0,
  durationMs: 420,
  peakRssBytes: 123_000_000,
};

test("records that an embedding service found too long are counted", () => {
  const second = (count: number) => formatEmbedSummary({ ...report, oversizedChunks: count }).split("\n")[1];
  expect(second(0)).toBe("");
  expect(second(1)).toBe("1 record is too long for the embedding service; it is found by words only.");
  expect(second(1_234)).toBe("1,234 records are too long for the embedding service; they are found by words only.");
});
