import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type Change, PendingChanges } from "./pending-changes.ts";

const timing = { quietMs: 200, maxWaitMs: 2_000 };
const updated = (...paths: string[]): Change[] => paths.map((path) => ({ path, type: "update" }));

describe("pending changes", () => {
  it("are due when it has been quiet for a while", () => {
    const pending = new PendingChanges(timing);
    expect(pending.dueAt).toBeUndefined();
    pending.add(updated("a"), 1_000);
    expect(pending.dueAt).toBe(1_200);
    pending.add(updated("b"), 1_150);
    expect(pending.dueAt).toBe(1_350);
  });

  it("are due after some time even if they never pause", () => {
    const pending = new PendingChanges(timing);
    for (let now = 1_000; now < 10_000; now += 100) pending.add(updated("log"), now);
    expect(pending.dueAt).toBe(3_000);
  });

  it("are none when all that changed is not worth telling", () => {
    const pending = new PendingChanges(timing);
    pending.add([], 1_000);
    expect(pending.dueAt).toBeUndefined();
  });

  it("remember that a path was new, whatever happened to it afterwards", () => {
    const pending = new PendingChanges(timing);
    for (const type of ["create", "update", "delete"] as const) pending.add([{ path: "a", type }], 1_000);
    pending.add(updated("b"), 1_000);
    expect([...pending.take().paths]).toEqual([
      ["a", true],
      ["b", false],
    ]);
  });

  it("of more than a thousand paths are doubtful, and no longer remembered one by one", () => {
    const pending = new PendingChanges(timing);
    const paths = (count: number) => updated(...Array.from({ length: count }, (_, n) => `f${n}`));
    pending.add(paths(1_000), 1);
    pending.add(paths(1_000), 2);
    expect(pending.take()).toMatchObject({ isCertain: false, isDoubtful: false });
    pending.add(paths(5_000), 3);
    pending.add(updated("later"), 4);
    const { paths: remembered, ...burst } = pending.take();
    expect(burst).toEqual({ isCertain: true, isDoubtful: true });
    expect(remembered.size).toBe(0);
  });

  it("behave as a list of all that was told since they were last taken", () => {
    const told = fc.record({
      kind: fc.constantFrom("changes", "certainty", "doubt", "take"),
      paths: fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 3 }),
      afterMs: fc.nat(400),
    });
    fc.assert(
      fc.property(fc.array(told, { maxLength: 40 }), (steps) => {
        const pending = new PendingChanges(timing);
        let list: { at: number; paths: string[]; kind: string }[] = [];
        let now = 0;
        for (const { kind, paths, afterMs } of steps) {
          now += afterMs;
          if (kind === "take") {
            const doubt = list.some((entry) => entry.kind === "doubt");
            const burst = pending.take();
            expect([...burst.paths.keys()].toSorted()).toEqual(
              doubt ? [] : [...new Set(list.flatMap((entry) => entry.paths))].toSorted(),
            );
            expect(burst.isDoubtful).toBe(doubt);
            expect(burst.isCertain).toBe(doubt || list.some((entry) => entry.kind === "certainty"));
            list = [];
          } else if (kind === "changes") {
            pending.add(updated(...paths), now);
            if (paths.length > 0) list.push({ at: now, paths, kind });
          } else {
            if (kind === "doubt") pending.addDoubt(now);
            else pending.addCertainty(now);
            list.push({ at: now, paths: [], kind });
          }
          const [first, last] = [list[0]?.at, list.at(-1)?.at];
          expect(pending.since).toBe(first);
          expect(pending.dueAt).toBe(
            first === undefined || last === undefined ? undefined : Math.min(first + 2_000, last + 200),
          );
        }
      }),
    );
  });
});
