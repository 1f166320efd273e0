import { describe, expect, it } from "vitest";

import { fakeClock } from "./fake-clock.test-helper.ts";
import { RequestGate } from "./request-gate.ts";

const never = new AbortController().signal;

/** When each of several that come at once has its turn, counted from now. */
async function turns(gate: RequestGate, clock: ReturnType<typeof fakeClock>, count: number): Promise<number[]> {
  const start = clock.now();
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    await gate.turn(never);
    times.push(clock.now() - start);
  }
  return times;
}

describe("RequestGate", () => {
  it("lets everybody through without a delay", async () => {
    const clock = fakeClock();
    expect(await turns(new RequestGate(clock, 0), clock, 3)).toEqual([0, 0, 0]);
    expect(clock.waits).toEqual([]);
  });

  it("spaces turns by the delay, and does not save them up", async () => {
    const clock = fakeClock();
    const gate = new RequestGate(clock, 500);
    expect(await turns(gate, clock, 3)).toEqual([0, 500, 1_000]);
    clock.pass(10_000);
    expect(await turns(gate, clock, 2)).toEqual([0, 500]);
  });

  it("is shut for as long as it is held, by whoever wants it longest", async () => {
    const clock = fakeClock();
    const gate = new RequestGate(clock, 500);
    gate.hold(7_000);
    gate.hold(2_000);
    expect(await turns(gate, clock, 2)).toEqual([7_000, 7_500]);
  });

  it("gives one turn at a time to those who waited together", async () => {
    const clock = fakeClock();
    const woken: (() => void)[] = [];
    const gate = new RequestGate({ ...clock, sleep: () => new Promise((wake) => void woken.push(wake)) }, 500);
    gate.hold(1_000);
    let through = 0;
    const all = Promise.all([1, 2].map(() => gate.turn(never).then(() => through++)));
    expect(woken).toHaveLength(2);
    clock.pass(1_000);
    for (const wake of woken.splice(0)) wake();
    await expect.poll(() => woken.length, { interval: 1 }).toBe(1);
    expect(through).toBe(1);
    clock.pass(500);
    for (const wake of woken.splice(0)) wake();
    await all;
  });

  it("lets nobody through who was told to stop", async () => {
    const reason = new Error("stopped by the user");
    const gate = new RequestGate(fakeClock(), 0);
    await expect(gate.turn(AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});
