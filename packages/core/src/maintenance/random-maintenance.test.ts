import fc from "fast-check";
import { expect, it, vi } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import type { MaintenanceFailure } from "../model/maintenance.ts";
import {
  expectedRows,
  newItemTable,
  openItemTable,
  put,
  remove,
  rowsFoundBy,
  rowsOf,
} from "./item-table.test-helper.ts";
import { maintainTables } from "./maintain.ts";

// So that small tables come to have a vector index, and lose it again.
vi.mock("./thresholds.ts", async (original) => ({
  ...(await original<typeof import("./thresholds.ts")>()),
  MIN_INDEXED_VECTOR_VALUES: 16 * 600,
  MAX_SMALL_FRAGMENTS: 4,
  MAX_UNINDEXED_ROWS: 100,
  MAX_VECTOR_SEGMENTS: 2,
}));

const ITEMS = 1_200;

const range = { from: fc.nat({ max: ITEMS - 400 }), count: fc.integer({ min: 1, max: 400 }) };
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("change"), ...range }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("remove"), ...range }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("maintain"),
      options: fc.record({
        skipCompaction: fc.boolean(),
        skipIndex: fc.boolean(),
        skipCleanup: fc.boolean(),
        onlyIfNeeded: fc.boolean(),
        retentionDays: fc.constantFrom(0, 7),
        indexStaleThreshold: fc.constantFrom(0, 0.1, 1),
      }),
    }),
  },
) as fc.Arbitrary<Step>;

type Step =
  | { readonly kind: "change" | "remove"; readonly from: number; readonly count: number }
  | { readonly kind: "maintain"; readonly options: Parameters<typeof maintainTables>[2] };

it("holds and finds exactly the rows of a plain map after any commits and maintenance", async () => {
  const run = async (steps: readonly Step[]) => {
    const items = await newItemTable(await temporaryFolder());
    const model = new Map<number, number>();
    await put(items, 0, 300);
    for (let n = 0; n < 300; n++) model.set(n, 0);
    const failures: MaintenanceFailure[] = [];
    for (const [version, next] of steps.entries()) {
      if (next.kind === "maintain") {
        failures.push(...(await maintainTables([items.table], items.folder, next.options)).failures);
      } else if (next.kind === "change") {
        await put(items, next.from, next.count, version + 1);
        for (let n = next.from; n < next.from + next.count; n++) model.set(n, version + 1);
      } else {
        await remove(items, next.from, next.count);
        for (let n = next.from; n < next.from + next.count; n++) model.delete(n);
      }
    }
    items.store.close();
    const reopened = await openItemTable(items.folder);
    const rows = model.size;
    expect(await rowsOf(reopened)).toEqual([...model].flatMap(([n, v]) => expectedRows(n, 1, v)).toSorted());
    expect(await rowsFoundBy(reopened, rows)).toEqual({ terms: rows, vector: rows, id: rows, language: rows });
    expect(failures).toEqual([]);
    reopened.store.close();
  };
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), run), { numRuns: 15, seed: 4 });
});
