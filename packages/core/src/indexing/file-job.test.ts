import { describe, expect, it } from "vitest";

import { FileJob } from "./file-job.ts";

const busy = Object.assign(new Error("resource busy"), { code: "EBUSY" });
const denied = Object.assign(new Error("not allowed"), { code: "EACCES" });

describe("a file that is tried", () => {
  it("is tried again when another program holds it, and goes on when that has passed", async () => {
    const job = new FileJob();
    let calls = 0;
    const result = await job.attempt(async () => {
      if (++calls < 3) throw busy;
      return "read";
    }, new AbortController().signal);
    expect([result, calls, job.state]).toEqual(["read", 3, { kind: "pending", attempts: 3 }]);
  });

  it("fails in the end if that does not pass, and at once for what cannot", async () => {
    for (const [error, attempts] of [
      [busy, 3],
      [denied, 1],
    ] as const) {
      const job = new FileJob();
      const signal = new AbortController().signal;
      await expect(job.attempt(() => Promise.reject(error), signal)).rejects.toBe(error);
      expect(job.state).toEqual({ kind: "failed", error: error.message, attempts });
    }
  });

  it("is not tried again once the run is stopped", async () => {
    const controller = new AbortController();
    const job = new FileJob();
    const tried = job.attempt(() => Promise.reject(busy), controller.signal);
    controller.abort();
    await expect(tried).rejects.toBe(controller.signal.reason);
  });
});
