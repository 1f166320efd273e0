import { expect, test } from "vitest";

import {
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
