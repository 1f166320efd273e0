import { describe, expect, it } from "vitest";

import { MemoryMonitor } from "./memory-monitor.ts";

describe("the memory monitor", () => {
  it("reports reads, the largest allocation and the most that was held at once", () => {
    const monitor = new MemoryMonitor();
    monitor.allocate(1_000);
    monitor.allocate(5_000);
    monitor.release(5_000);
    monitor.allocate(2_000);
    monitor.read(64);
    monitor.read(36);
    expect(monitor.report()).toEqual({ chunks: 2, bytes: 100, largestAllocation: 5_000, peak: 6_000 });
  });

  it("refuses an allocation that is too large by itself, and counts nothing of it", () => {
    const monitor = new MemoryMonitor({ allocation: 100, working: 1_000 });
    expect(() => monitor.allocate(101)).toThrow(RangeError);
    expect(monitor.report()).toMatchObject({ largestAllocation: 0, peak: 0 });
  });

  it("refuses an allocation that would be too much together with what is held", () => {
    const monitor = new MemoryMonitor({ allocation: 1_000, working: 1_000 });
    monitor.allocate(600);
    expect(() => monitor.allocate(500)).toThrow(RangeError);
    monitor.release(600);
    expect(() => monitor.allocate(500)).not.toThrow();
  });
});
