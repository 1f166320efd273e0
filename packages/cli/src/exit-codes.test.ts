import type { EmbedSummary } from "@resona/core";
import { describe, expect, test } from "vitest";

import {
  embedOutcome,
  exitCodes,
  hasNothingToIndex,
  healthOutcome,
  indexOutcome,
  maintenanceOutcome,
  searchOutcome,
} from "./exit-codes.ts";
import { hit, maintenance, summary } from "./testing/fake-context.ts";

test("the exit codes are those of the documentation", () => {
  expect(exitCodes).toEqual({
    done: 0,
    "nothing-found": 1,
    "not-supported": 1,
    unhealthy: 1,
    trouble: 2,
    interrupted: 130,
  });
});

test("a search is done with a hit and has found nothing without", () => {
  expect(searchOutcome({ hits: [hit] })).toBe("done");
  expect(searchOutcome({ hits: [] })).toBe("nothing-found");
});

test("an indexing run is done even if nothing changed", () => {
  expect(indexOutcome(summary)).toBe("done");
  expect(indexOutcome({ ...summary, filesIndexed: 0, filesUnchanged: 3 })).toBe("done");
});

test("failed files are trouble if nothing else is indexed, an interruption is an interruption first", () => {
  const failures = [{ path: "a", message: "b" }];
  expect(indexOutcome({ ...summary, filesFailed: 1, failures })).toBe("done");
  expect(indexOutcome({ ...summary, filesFailed: 1, failures, filesIndexed: 0, filesUnchanged: 0 })).toBe("trouble");
  expect(indexOutcome({ ...summary, filesFailed: 1, failures, status: "interrupted" })).toBe("interrupted");
});

test("failed files are trouble in the next run too, where all that has not changed is skipped", () => {
  const failures = [{ path: "a", message: "b" }];
  const again = { ...summary, filesFound: 2, filesFailed: 1, failures, filesIndexed: 0, filesUnchanged: 1 };
  expect(indexOutcome({ ...again, filesInIndex: 0, skipped: { binary: 1 } })).toBe("trouble");
  expect(indexOutcome({ ...again, filesInIndex: 1 })).toBe("done");
});

test("to those who are strict one failed file is trouble, a skipped one is none", () => {
  const failures = [{ path: "a", message: "b" }];
  expect(indexOutcome({ ...summary, filesFailed: 1, failures }, true)).toBe("trouble");
  expect(indexOutcome({ ...summary, filesFailed: 1, failures, status: "interrupted" }, true)).toBe("interrupted");
  expect(indexOutcome({ ...summary, skipped: { binary: 1, unreadable: 1 } }, true)).toBe("done");
  expect(indexOutcome({ ...summary, filesFound: 0 }, true)).toBe("nothing-found");
});

describe("embedding items", () => {
  const items: EmbedSummary = {
    status: "completed",
    itemsRead: 3,
    itemsUnchanged: 0,
    itemsEmbedded: 3,
    itemsEmpty: 0,
    itemsFailed: 0,
    failures: [],
    totalEmbeddings: 3,
    reusedEmbeddings: 0,
    batchesProcessed: 1,
    collectionCount: 3,
    truncatedChunks: 0,
    oversizedChunks: 0,
    durationMs: 10,
    peakRssBytes: 1,
  };

  test("is done if one item of the input is one, and trouble if none is", () => {
    expect(embedOutcome(items, 0)).toBe("done");
    expect(embedOutcome({ ...items, itemsFailed: 2 }, 5)).toBe("done");
    expect(embedOutcome({ ...items, itemsFailed: 3 }, 0)).toBe("trouble");
    expect(embedOutcome({ ...items, itemsRead: 0 }, 1)).toBe("trouble");
    expect(embedOutcome({ ...items, itemsRead: 0 }, 0)).toBe("nothing-found");
    expect(embedOutcome({ ...items, status: "interrupted", itemsFailed: 3 }, 1, true)).toBe("interrupted");
  });

  test("is trouble to those who are strict if a line is left out", () => {
    expect(embedOutcome(items, 0, true)).toBe("done");
    expect(embedOutcome({ ...items, itemsFailed: 1 }, 0, true)).toBe("trouble");
    expect(embedOutcome(items, 1, true)).toBe("trouble");
    expect(embedOutcome({ ...items, itemsRead: 0 }, 0, true)).toBe("nothing-found");
  });
});

test("no files, or only skipped ones, are nothing to index", () => {
  expect(indexOutcome({ ...summary, filesFound: 0 })).toBe("nothing-found");
  expect(indexOutcome({ ...summary, filesFound: 3, skipped: { binary: 2, empty: 1 } })).toBe("nothing-found");
  expect(hasNothingToIndex({ ...summary, filesFound: 3, skipped: { binary: 2 } })).toBe(false);
});

test("maintenance is trouble if a step failed, also if it was interrupted", () => {
  const failures = [{ step: "index", table: "chunks", code: "STORE_FAILED", message: "No." }] as const;
  expect(maintenanceOutcome(maintenance)).toBe("done");
  expect(maintenanceOutcome({ ...maintenance, interrupted: true })).toBe("interrupted");
  expect(maintenanceOutcome({ ...maintenance, failures, interrupted: true })).toBe("trouble");
});

test("an index is healthy as long as nothing that was found needs anything", () => {
  const finding = { code: "LOCK_HELD", sentence: "", remedy: { kind: "none", sentence: "" } } as const;
  expect(healthOutcome({ findings: [] })).toBe("done");
  expect(healthOutcome({ findings: [{ ...finding, severity: "info" }] })).toBe("done");
  expect(healthOutcome({ findings: [{ ...finding, severity: "warning" }] })).toBe("unhealthy");
});

test("an interrupted run may not have looked yet", () => {
  expect(hasNothingToIndex({ ...summary, filesFound: 0, status: "interrupted" })).toBe(false);
});
