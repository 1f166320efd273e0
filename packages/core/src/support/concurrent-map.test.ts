import { describe, expect, it } from "vitest";

import { concurrentMap } from "./concurrent-map.ts";

const tick = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const collect = (stream: AsyncIterable<number>) => Array.fromAsync(stream);

describe("concurrentMap", () => {
  it("keeps the order of the source although later items finish first", async () => {
    const delays = [15, 5, 1, 10, 0];
    const results = await collect(concurrentMap(delays.entries(), 3, ([i, ms]) => tick(ms).then(() => i)));
    expect(results).toEqual([0, 1, 2, 3, 4]);
  });

  it("never has more than the limit in flight, and reads the source no further ahead", async () => {
    let running = 0;
    let most = 0;
    let pulled = 0;
    let taken = 0;
    function* source() {
      for (; pulled < 50;) yield pulled++;
    }
    const work = async (n: number) => {
      most = Math.max(most, ++running);
      await tick(1);
      running--;
      return n;
    };
    for await (const _ of concurrentMap(source(), 4, work)) {
      taken++;
      expect(pulled - taken).toBeLessThanOrEqual(4);
    }
    expect([most, taken]).toEqual([4, 50]);
  });

  it("ends with the first error once what was in flight has settled", async () => {
    let settled = 0;
    const work = async (n: number) => {
      await tick(n === 1 ? 1 : 10);
      settled++;
      if (n === 1) throw new Error("no");
      return n;
    };
    await expect(collect(concurrentMap([0, 1, 2, 3, 4, 5], 3, work))).rejects.toThrow("no");
    expect(settled).toBeGreaterThanOrEqual(3);
    const before = settled;
    await tick(30);
    expect(settled).toBe(before);
  });

  it("gives the results of what was in flight with the one that failed, then the first error", async () => {
    const started: number[] = [];
    const work = async (n: number) => {
      started.push(n);
      await tick(n === 1 ? 5 : 1);
      if (n === 1 || n === 3) throw new Error(`no ${n}`);
      return n;
    };
    const results: number[] = [];
    const run = async () => {
      for await (const n of concurrentMap([0, 1, 2, 3, 4, 5, 6, 7], 4, work)) results.push(n);
    };
    await expect(run()).rejects.toThrow("no 1");
    expect(results).toEqual([0, 2, 4]);
    expect(started).toEqual([0, 1, 2, 3, 4]);
  });

  it("gives the results of what came before the source failed, then its error", async () => {
    async function* source() {
      yield 1;
      yield 2;
      throw new Error("dry");
    }
    const results: number[] = [];
    const run = async () => {
      for await (const n of concurrentMap(source(), 5, async (item) => item)) results.push(n);
    };
    await expect(run()).rejects.toThrow("dry");
    expect(results).toEqual([1, 2]);
  });

  it("lets what is in flight end when the consumer stops early", async () => {
    let running = 0;
    for await (const _ of concurrentMap([1, 2, 3, 4, 5, 6], 3, async () => {
      running++;
      await tick(5);
      running--;
    }))
      break;
    expect(running).toBe(0);
  });
});
