import { expect, test } from "vitest";

import { maintenance, stats } from "../testing/fake-context.ts";
import { formatMaintenance, maintenanceFields } from "./maintenance.ts";
import { plain } from "./paint.ts";

const before = { ...stats, fragments: 12, versions: 1_040, unindexedRows: 2_000, diskBytes: 12_345_678 };
const after = { ...stats, fragments: 1, versions: 2, unindexedRows: 0, diskBytes: 8_100_000 };

test("what was done is a sentence and a table of before and after", () => {
  expect(formatMaintenance(maintenance, { before, after }, plain)).toBe(
    [
      "Maintained in 1.2 s: fragments merged; indexes brought up to date; 16 old versions removed, 2.3 MB freed.",
      "                     before   after",
      "  Fragments              12       1",
      "  Versions            1,040       2",
      "  Rows not indexed    2,000       0",
      "  Disk              12.3 MB  8.1 MB",
      "",
    ].join("\n"),
  );
});

test("where nothing was to be done that is said, and what cannot be measured is left out", () => {
  const { compaction: _, cleanup: __, ...nothing } = maintenance;
  const result = { ...nothing, indexRebuilt: false };
  expect(formatMaintenance(result, { before: undefined, after: undefined }, plain)).toBe(
    "Maintained in 1.2 s: nothing needed to be done.\n",
  );
  const idle = { ...result, compaction: { fragmentsRemoved: 0, filesCreated: 0 } };
  expect(formatMaintenance(idle, { before: undefined, after }, plain).split("\n").slice(0, 3)).toEqual([
    "Maintained in 1.2 s: nothing needed to be done.",
    "                     before   after",
    "  Fragments         unknown       1",
  ]);
});

test("notes, failures and an interruption are told", () => {
  const failures = [{ step: "compaction", table: "chunks", code: "DISK_FULL", message: "No\nspace." }] as const;
  const text = formatMaintenance(
    { ...maintenance, interrupted: true, notes: ["One."], failures },
    { before: undefined, after: undefined },
    plain,
  );
  expect(text.split("\n")).toEqual([
    expect.stringMatching(/^Interrupted in 1\.2 s: /),
    "note: One.",
    "error[DISK_FULL]: compaction of chunks: No\\nspace.",
    "",
  ]);
});

test("the document has every field, null for what there is not", () => {
  const storage = ({ fragments, versions, unindexedRows, diskBytes }: typeof stats) => ({
    fragments,
    versions,
    unindexedRows,
    diskBytes,
  });
  expect(maintenanceFields({ ...maintenance, secret: 1 } as never, { before, after })).toEqual({
    ...maintenance,
    before: storage(before),
    after: storage(after),
  });
  const { compaction: _, cleanup: __, indexStats: ___, ...nothing } = maintenance;
  expect(maintenanceFields(nothing, { before: undefined, after: undefined })).toEqual({
    ...nothing,
    compaction: null,
    cleanup: null,
    indexStats: null,
    before: null,
    after: null,
  });
});
