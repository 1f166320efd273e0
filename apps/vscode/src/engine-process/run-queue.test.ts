import fc from "fast-check";
import { expect, it } from "vitest";

import type { Activity, RunKind } from "../protocol/protocol.ts";
import { RunQueue } from "./run-queue.ts";

const never = new AbortController().signal;

it("tells what runs and what waits, and nothing at last", async () => {
  const told: Activity[] = [];
  const queue = new RunQueue((activity) => told.push(activity));
  const first = Promise.withResolvers<string>();
  const results = [queue.run("index", never, () => first.promise), queue.run("heal", never, async () => "healed")];
  expect(told.at(-1)).toEqual({ running: "index", waiting: ["heal"] });
  first.resolve("indexed");
  expect(await Promise.all(results)).toEqual(["indexed", "healed"]);
  expect(told.at(-1)).toEqual({ running: undefined, waiting: [] });
});

it("goes on after a run that fails", async () => {
  const queue = new RunQueue(() => undefined);
  const failing = queue.run("index", never, () => Promise.reject(new Error("no")));
  const next = queue.run("index", never, async () => "yes");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("yes");
});

it("runs one at a time in the order of asking, without those that left, whatever happens when", async () => {
  const kinds: readonly RunKind[] = ["index", "indexCommits", "maintain", "heal"];
  const run = fc.record({
    kind: fc.constantFrom(...kinds),
    fails: fc.boolean(),
    leaves: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 12 }), fc.scheduler(), async (runs, scheduler) => {
      const queue = new RunQueue(() => undefined);
      const begun: number[] = [];
      let running = 0;
      const all = runs.map(({ kind, fails, leaves }, number) => {
        const leaving = new AbortController();
        const result = queue.run(kind, leaving.signal, async () => {
          begun.push(number);
          expect(++running).toBe(1);
          await scheduler.schedule(Promise.resolve());
          running--;
          if (fails) throw new Error("fails");
        });
        // It may have begun by then, and then stays.
        if (leaves) void scheduler.schedule(Promise.resolve()).then(() => leaving.abort());
        return result.then(
          () => true,
          () => false,
        );
      });
      await scheduler.waitFor(Promise.all(all));
      expect(begun).toEqual(begun.toSorted((a, b) => a - b));
      for (const [number, { leaves, fails }] of runs.entries()) {
        expect(leaves || begun.includes(number)).toBe(true);
        expect(await all[number]).toBe(begun.includes(number) && !fails);
      }
      expect(running).toBe(0);
    }),
    { numRuns: 200 },
  );
});
