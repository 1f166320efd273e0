import type { Finding } from "@resona/core";
import { describe, expect, test } from "vitest";

import { diagnostics } from "../testing/fake-context.ts";
import { diagnosticsFields, formatFindings, formatHealth, formatStorage } from "./health.ts";
import { type Paint, plain } from "./paint.ts";

const error: Finding = {
  code: "DATA_MISSING",
  severity: "error",
  sentence: "The table chunks lacks 1 file: data/a\nb.lance.",
  remedy: { kind: "rebuild", sentence: "Build it anew." },
};
const warning: Finding = {
  code: "FRAGMENTED",
  severity: "warning",
  sentence: "The table files should be compacted.",
  remedy: { kind: "maintain", sentence: "Run `resona maintain`." },
};
const info: Finding = {
  code: "LOCK_HELD",
  severity: "info",
  sentence: "The index is being written by process 7.",
  remedy: { kind: "none", sentence: "Nothing needs to be done." },
};

describe("findings", () => {
  test("are shown with what to do about them, and counted", () => {
    expect(formatFindings({ totalRows: 5, findings: [error, warning, warning, info] }, plain)).toBe(
      [
        "error[DATA_MISSING]: The table chunks lacks 1 file: data/a\\nb.lance.",
        "  Build it anew.",
        "warning[FRAGMENTED]: The table files should be compacted.",
        "  Run `resona maintain`.",
        "warning[FRAGMENTED]: The table files should be compacted.",
        "  Run `resona maintain`.",
        "info[LOCK_HELD]: The index is being written by process 7.",
        "  Nothing needs to be done.",
        "1 error and 2 warnings.",
        "",
      ].join("\n"),
    );
  });

  test("that need nothing leave an index healthy", () => {
    expect(formatFindings({ totalRows: 1, findings: [] }, plain)).toBe("Healthy: 1 row.\n");
    expect(formatFindings({ totalRows: 8_000, findings: [info] }, plain)).toMatch(
      /^info.*\n {2}.*\nHealthy: 8,000 rows\.\n$/,
    );
  });

  test("are a line each beside the statistics", () => {
    expect(formatHealth({ findings: [] }, plain)).toEqual(["Health     healthy"]);
    expect(formatHealth({ findings: [warning, info] }, plain)).toEqual([
      "Health     1 warning; `resona doctor` says what helps",
      "  warning[FRAGMENTED]: The table files should be compacted.",
      "  info[LOCK_HELD]: The index is being written by process 7.",
    ]);
  });

  test("are coloured by their severity", () => {
    const marks: Paint = (role, text) => `<${role}>${text}</>`;
    const lines = formatFindings({ totalRows: 1, findings: [error, warning, info] }, marks).split("\n");
    expect(lines.map((line) => /^<(\w+)>/.exec(line)?.[1]).filter(Boolean)).toEqual(["error", "note", "faint"]);
    expect(formatFindings({ totalRows: 1, findings: [] }, marks)).toBe("<good>Healthy</>: 1 row.\n");
  });
});

describe("shares", () => {
  const index = (column: string, indexedRows: number, unindexedRows: number) => ({
    column,
    indexedRows,
    unindexedRows,
    bytes: 1,
  });

  test("are shown as bars that are full or empty only if all or nothing is meant", () => {
    const indexes = [index("id", 0, 1_000), index("terms", 1, 999), index("vector", 999, 1), index("path", 7, 0)];
    expect(formatStorage({ indexes, diskBytes: 0 }, {})).toEqual([
      "Indexes",
      "  id      ░░░░░░░░░░░░░░░░░░░░  0 of 1,000 rows",
      "  terms   █░░░░░░░░░░░░░░░░░░░  1 of 1,000 rows",
      "  vector  ███████████████████░  999 of 1,000 rows",
      "  path    ████████████████████  7 of 7 rows",
    ]);
  });

  test("of an empty table and an empty disk are whole", () => {
    expect(formatStorage({ indexes: [index("id", 0, 0)], diskBytes: 0 }, { reclaimableBytes: 0 })).toEqual([
      "Indexes",
      "  id  ████████████████████  0 of 0 rows",
      "Disk",
      "  in use  ████████████████████  0 B of 0 B; old versions take 0 B",
    ]);
  });

  test("of the disk are left out where they cannot be told", () => {
    expect(formatStorage({ indexes: [], diskBytes: 1_000 }, {})).toEqual([]);
    expect(formatStorage({ indexes: [], diskBytes: 1_000 }, { reclaimableBytes: 750 })).toEqual([
      "Disk",
      "  in use  █████░░░░░░░░░░░░░░░  250 B of 1.0 kB; old versions take 750 B",
    ]);
  });
});

test("the document has every field, null for what there is not, and nothing else", () => {
  const extra = { secret: 1 };
  const finding = { ...error, ...extra, remedy: { ...error.remedy, ...extra } };
  expect(diagnosticsFields({ totalRows: 0, version: 0, findings: [finding], ...extra })).toEqual({
    totalRows: 0,
    version: 0,
    index: null,
    reclaimableBytes: null,
    findings: [error],
  });
  expect(diagnosticsFields(diagnostics)).toEqual(diagnostics);
});
