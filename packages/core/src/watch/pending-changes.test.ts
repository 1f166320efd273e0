import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { type Burst, type Change, PendingChanges } from "./pending-changes.ts";

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
    const step = fc.record({
      what: fc.constantFrom("changes", "certainty", "doubt", "take"),
      paths: fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 3 }),
      afterMs: fc.nat(400),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const [pending, list] = [new PendingChanges(timing), new ToldList()];
        let now = 0;
        for (const { what, paths, afterMs } of steps) {
          now += afterMs;
          const [got, wanted] = [pending, list].map((changes) => {
            if (what === "take") return seen(changes.take());
            if (what === "changes") changes.add(updated(...paths), now);
            else if (what === "doubt") changes.addDoubt(now);
            else changes.addCertainty(now);
            return { since: changes.since, dueAt: changes.dueAt, paths: [...changes.paths].toSorted() };
          });
          expect(got).toEqual(wanted);
        }
      }),
    );
  });
});

function seen({ paths, isCertain, isDoubtful }: Burst): object {
  return { paths: [...paths.keys()].toSorted(), isCertain, isDoubtful };
}

/** Remembers all it is told, and decides afterwards. */
class ToldList implements Pick<PendingChanges, keyof PendingChanges> {
  #told: { readonly what: "change" | "certainty" | "doubt"; readonly path?: string; readonly now: number }[] = [];

  add(changes: readonly Change[], now: number): void {
    for (const { path } of changes) this.#told.push({ what: "change", path, now });
  }

  addCertainty(now: number): void {
    this.#told.push({ what: "certainty", now });
  }

  addDoubt(now: number): void {
    this.#told.push({ what: "doubt", now });
  }

  get paths(): ReadonlySet<string> {
    const isDoubtful = this.#told.some(({ what }) => what === "doubt");
    return new Set(this.#told.flatMap(({ path }) => (path === undefined || isDoubtful ? [] : path)));
  }

  get since(): number | undefined {
    return this.#told[0]?.now;
  }

  get dueAt(): number | undefined {
    const [first, last] = [this.#told[0], this.#told.at(-1)];
    return first && last && Math.min(first.now + timing.maxWaitMs, last.now + timing.quietMs);
  }

  take(): Burst {
    const paths = new Map([...this.paths].map((path) => [path, false]));
    const told = this.#told.splice(0);
    const isDoubtful = told.some(({ what }) => what === "doubt");
    const isCertain = told.some(({ what }) => what !== "change");
    return { paths, isCertain, isDoubtful };
  }
}
