import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { RequestSlots } from "./request-slots.ts";

const never = new AbortController().signal;

describe("RequestSlots", () => {
  it("runs no more than there are slots, in order of coming, whatever fails or is given up", async () => {
    const outcome = fc.constantFrom("ends", "fails", "is given up");
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.record({ outcome, ticks: fc.nat({ max: 3 }) })),
        async (count, works) => {
          const slots = new RequestSlots(count);
          const started: number[] = [];
          let running = 0;
          await Promise.allSettled(
            works.map(async ({ outcome: end, ticks }, n) => {
              const controller = new AbortController();
              const work = slots.run(controller.signal, async () => {
                started.push(n);
                expect(++running).toBeLessThanOrEqual(count);
                for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
                running--;
                if (end === "fails") throw new Error("failed");
              });
              if (end === "is given up") controller.abort(new Error("stopped"));
              await work;
            }),
          );
          expect(started).toEqual(started.toSorted((a, b) => a - b));
          expect(started).toEqual(
            expect.arrayContaining([...works.keys()].filter((n) => works[n]?.outcome !== "is given up")),
          );
          // Every slot is free again.
          let free = 0;
          const { promise, resolve } = Promise.withResolvers<void>();
          const last = Array.from({ length: count }, () => slots.run(never, () => (free++, promise)));
          await Promise.resolve();
          expect(free).toBe(count);
          resolve();
          await Promise.all(last);
        },
      ),
    );
  });

  it("does not keep those who are told to stop while they wait", async () => {
    const slots = new RequestSlots(1);
    const { promise, resolve } = Promise.withResolvers<void>();
    const first = slots.run(never, () => promise);
    const controller = new AbortController();
    const reason = new Error("stopped by the user");
    const second = slots.run(controller.signal, async () => "second");
    const third = slots.run(never, async () => "third");
    controller.abort(reason);
    await expect(second).rejects.toBe(reason);
    resolve();
    await first;
    expect(await third).toBe("third");
    await expect(slots.run(controller.signal, async () => "fourth")).rejects.toBe(reason);
  });
});
