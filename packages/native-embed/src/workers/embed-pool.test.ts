import { spawn } from "node:child_process";
import { EventEmitter, getEventListeners, once } from "node:events";
import { Worker } from "node:worker_threads";

import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";

import { EmbedPool, MOST_JOBS } from "./embed-pool.ts";
import type { RunOptions } from "./embed-pool.ts";
import { commands, FAKE_DIMENSION } from "./fake-embed-worker.test-helper.ts";
import type { FakeSetup } from "./fake-embed-worker.test-helper.ts";
import type { EmbedReply, EmbedRequest } from "./protocol.ts";

const FAKE_WORKER = new URL("./fake-embed-worker.test-helper.ts", import.meta.url);

interface Fixture {
  readonly pool: EmbedPool;
  /** All threads that were started, in order. */
  readonly workers: readonly Worker[];
  /** The region of each. */
  readonly regions: readonly number[];
  /** One sequence; its vector. */
  readonly embed: (tokens: readonly number[], options?: RunOptions) => Promise<Float32Array>;
}

function openPool({ threads = 1, accidents = 1_000, failsToStart = false } = {}): Fixture {
  const workers: Worker[] = [];
  const regions: number[] = [];
  const left = new Int32Array(new SharedArrayBuffer(4)).fill(accidents);
  const pool = new EmbedPool({
    threads,
    name: "fake.gguf",
    startWorker: (region) => {
      const workerData: FakeSetup = { region, accidents: left, failsToStart };
      const worker = new Worker(FAKE_WORKER, {
        workerData,
        execArgv: [],
        resourceLimits: { maxOldGenerationSizeMb: 32 },
      });
      workers.push(worker);
      regions.push(region);
      return worker;
    },
  });
  onTestFinished(() => pool.close());
  return {
    pool,
    workers,
    regions,
    embed: (tokens, options) =>
      pool.run({ tokens: Int32Array.from(tokens), lengths: Int32Array.of(tokens.length) }, options),
  };
}

const sumOf = (vector: Float32Array): number | undefined => vector[0];
const regionOf = (vector: Float32Array): number | undefined => vector[1];
const threadOf = (vector: Float32Array): number | undefined => vector[2];
const failure = (detail: string): object => ({
  code: "EMBED_WORKER_FAILED",
  message: expect.stringContaining(detail) as string,
});

describe("work", () => {
  it("gives the vectors of all sequences of a job", async () => {
    const { pool } = openPool();
    const vectors = await pool.run({ tokens: Int32Array.of(1, 2, 3, 4, 5), lengths: Int32Array.of(2, 3) });
    expect([vectors[0], vectors[FAKE_DIMENSION]]).toEqual([3, 12]);
    expect(vectors).toHaveLength(2 * FAKE_DIMENSION);
  });

  it("answers every job with its own result, whichever thread did it", async () => {
    const { embed } = openPool({ threads: 3 });
    const vectors = await Promise.all(Array.from({ length: 100 }, (_, n) => embed([n])));
    expect(vectors.map(sumOf)).toEqual(Array.from({ length: 100 }, (_, n) => n));
  });

  it("starts no thread before there is work, and no more than the work needs", async () => {
    const { embed, workers } = openPool({ threads: 3 });
    expect(workers).toHaveLength(0);
    await embed([1]);
    await embed([2]);
    expect(workers).toHaveLength(1);
  });

  it("starts no more threads than it may, one for each region", async () => {
    const { embed, regions } = openPool({ threads: 2 });
    const vectors = await Promise.all(Array.from({ length: 12 }, () => embed([commands.sleep])));
    expect(regions).toEqual([0, 1]);
    expect(new Set(vectors.map(regionOf))).toEqual(new Set([0, 1]));
  });

  it("does an urgent job before all that wait", async () => {
    const { embed } = openPool();
    const done: string[] = [];
    const note = (name: string) => (): number => done.push(name);
    const batch = Array.from({ length: 6 }, () => embed([commands.sleep]).then(note("batch")));
    await Promise.all([...batch, embed([1], { urgent: true }).then(note("urgent"))]);
    // Two were with the thread already.
    expect(done.indexOf("urgent")).toBe(2);
  });
});

describe("a thread that ends by itself", () => {
  it.each(["throw", "exit", "exhaust"] as const)(
    "is replaced in its region, and its job done by the other (%s)",
    async (command) => {
      const { embed, pool, workers, regions } = openPool({ accidents: 1 });
      const before = await embed([1]);
      const [accident, ...others] = await Promise.all([
        embed([commands[command], 10]),
        embed([7]),
        embed([8]),
        embed([9]),
      ]);
      expect(sumOf(accident)).toBe(commands[command] + 10);
      expect(others.map(sumOf)).toEqual([7, 8, 9]);
      expect(threadOf(accident)).not.toBe(threadOf(before));
      expect(regions).toEqual([0, 0]);
      expect(workers).toHaveLength(2);
      expect(pool.crashes).toBe(1);
    },
  );

  it.each([
    ["throw", "unreachable executed"],
    ["exit", "exit code 3"],
    ["exhaust", "memory limit"],
  ] as const)("fails the job that ends the next one too, and no other (%s)", async (command, detail) => {
    const { embed, pool } = openPool();
    const jobs = await Promise.allSettled([embed([7]), embed([commands[command]]), embed([8]), embed([9])]);
    expect(jobs.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled"]);
    expect(jobs[1]).toMatchObject({ reason: failure(detail) });
    expect(pool.crashes).toBe(2);
    expect(sumOf(await embed([5]))).toBe(5);
  });

  it("names what ended it", async () => {
    const { embed } = openPool();
    await expect(embed([commands.throw])).rejects.toMatchObject({
      ...failure("fake.gguf: unreachable executed"),
      nextStep: expect.any(String) as string,
      cause: expect.objectContaining({ message: "unreachable executed" }) as Error,
    });
  });

  it("is replaced when it was ended from outside", async () => {
    const { embed, workers } = openPool();
    await embed([1]);
    const running = embed([commands.hang]).catch((error: unknown) => error);
    const waiting = embed([2]);
    await workers[0]!.terminate();
    await expect.poll(() => workers.length).toBe(2);
    await workers[1]!.terminate();
    expect(await running).toMatchObject(failure("it ended with exit code"));
    expect(sumOf(await waiting)).toBe(2);
  });

  it("is replaced when it ended without work, with the next job", async () => {
    const { embed, workers } = openPool();
    await embed([1]);
    await workers[0]!.terminate();
    expect(sumOf(await embed([2]))).toBe(2);
    expect(workers).toHaveLength(2);
  });

  it("fails the job when no thread can be started", async () => {
    const { embed, pool } = openPool({ failsToStart: true });
    await expect(embed([1])).rejects.toMatchObject(failure("no forward pass"));
    expect(pool.crashes).toBe(2);
  });

  it("fails the job when starting one throws", async () => {
    const pool = new EmbedPool({
      threads: 1,
      name: "fake.gguf",
      startWorker: () => {
        throw new Error("no more threads");
      },
    });
    const job = pool.run({ tokens: Int32Array.of(1), lengths: Int32Array.of(1) });
    await expect(job).rejects.toMatchObject(failure("no more threads"));
    await pool.close();
  });

  it("ends on a message that cannot be read, which counts as the same", async () => {
    const { embed, workers } = openPool();
    await embed([1]);
    const running = embed([commands.sleep]);
    workers[0]!.emit("messageerror", new Error("no such class"));
    expect(sumOf(await running)).toBe(commands.sleep);
    expect(workers).toHaveLength(2);
  });
});

describe("cancelling", () => {
  const reason = new Error("stopped by the user");

  it("rejects at once, drops what waits and discards what runs", async () => {
    const { embed, pool } = openPool();
    const controller = new AbortController();
    const { signal } = controller;
    const running = embed([commands.sleep], { signal });
    const next = embed([2], { signal });
    const waiting = embed([commands.throw], { signal });
    const other = embed([3]);
    controller.abort(reason);
    for (const job of [running, next, waiting]) await expect(job).rejects.toBe(reason);
    expect(sumOf(await other)).toBe(3);
    // The one that waited never reached the thread: it would have ended it.
    expect(pool.crashes).toBe(0);
  });

  it("leaves no listener on the signal", async () => {
    const { embed } = openPool();
    const { signal } = new AbortController();
    await embed([1], { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("does not begin what was cancelled before", async () => {
    const { embed, workers } = openPool();
    await expect(embed([1], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(workers).toHaveLength(0);
  });

  it("does not try a job again that nobody waits for", async () => {
    const { embed, pool, workers } = openPool();
    await embed([1]);
    const controller = new AbortController();
    const running = embed([commands.hang], { signal: controller.signal });
    controller.abort(reason);
    await expect(running).rejects.toBe(reason);
    await workers[0]!.terminate();
    expect(sumOf(await embed([2]))).toBe(2);
    expect(pool.crashes).toBe(1);
  });
});

describe("closing", () => {
  it("ends all threads, even one that hangs, and rejects what is under way and what comes after", async () => {
    const { embed, pool, workers } = openPool({ threads: 2 });
    await Promise.all([embed([commands.sleep]), embed([commands.sleep])]);
    const exits = workers.map((worker) => once(worker, "exit"));
    const jobs = Promise.allSettled([
      embed([commands.hang]),
      embed([commands.hang]),
      embed([1]),
      embed([2]),
      embed([3]),
    ]);
    await pool.close();
    await Promise.all(exits);
    const closed = { status: "rejected", reason: { code: "EMBEDDER_CLOSED" } };
    expect(await jobs).toMatchObject([closed, closed, closed, closed, closed]);
    await expect(embed([1])).rejects.toMatchObject({ code: "EMBEDDER_CLOSED" });
    expect(workers).toHaveLength(2);
    await pool.close();
  });

  it("needs no thread to have been started", async () => {
    await expect(openPool().pool.close()).resolves.toBeUndefined();
  });
});

describe("whatever happens in whatever order", () => {
  /** A thread that is told when to answer and when to end. */
  class PuppetWorker extends EventEmitter {
    readonly requests: EmbedRequest[] = [];
    isReferenced = true;
    isEnded = false;

    postMessage(request: EmbedRequest): void {
      this.requests.push(request);
    }
    ref(): void {
      this.isReferenced = true;
    }
    unref(): void {
      this.isReferenced = false;
    }
    answer(): void {
      const request = this.requests.shift();
      if (request === undefined) return;
      const reply: EmbedReply = Float32Array.from(request.tokens);
      this.emit("message", reply);
    }
    end(): void {
      if (this.isEnded) return;
      this.isEnded = true;
      this.emit("exit", 1);
    }
    async terminate(): Promise<number> {
      this.end();
      return 1;
    }
  }

  const events = fc.array(
    fc.record({
      kind: fc.constantFrom("submit", "submit", "submit", "urgent", "answer", "answer", "end", "abort"),
      which: fc.nat(20),
    }),
    { maxLength: 60 },
  );

  it("settles every job once, with its own result or the reason why there is none", async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 1, max: 3 }), async (script, threads) => {
        const living: PuppetWorker[] = [];
        const pool = new EmbedPool({
          threads,
          name: "puppet",
          startWorker: () => {
            const worker = new PuppetWorker();
            living.push(worker);
            worker.on("exit", () => living.splice(living.indexOf(worker), 1));
            return worker as unknown as Worker;
          },
        });
        const jobs: { readonly controller: AbortController; readonly result: Promise<unknown> }[] = [];
        for (const { kind, which } of script) {
          const worker = living[which % Math.max(1, living.length)];
          if (kind === "answer") worker?.answer();
          else if (kind === "end") worker?.end();
          else if (kind === "abort") jobs[which % Math.max(1, jobs.length)]?.controller.abort("abort");
          else {
            const controller = new AbortController();
            const sequences = { tokens: Int32Array.of(jobs.length), lengths: Int32Array.of(1) };
            const result = pool.run(sequences, { signal: controller.signal, urgent: kind === "urgent" });
            jobs.push({ controller, result: result.then(sumOf).catch((error: unknown) => error) });
          }
          await Promise.resolve();
          expect(living.length).toBeLessThanOrEqual(threads);
          expect(Math.max(0, ...living.map(({ requests }) => requests.length))).toBeLessThanOrEqual(MOST_JOBS);
          // A thread keeps the process alive while it has work, and only then.
          expect(living.filter((one) => one.isReferenced !== one.requests.length > 0)).toEqual([]);
        }
        while (living.some(({ requests }) => requests.length > 0)) for (const worker of living) worker.answer();
        const results = await Promise.all(jobs.map(({ result }) => result));
        for (const [n, result] of results.entries()) {
          const isAborted = result === "abort" && jobs[n]?.controller.signal.aborted === true;
          const hasFailed = (result as { code?: string }).code === "EMBED_WORKER_FAILED";
          expect(result === n || isAborted || hasFailed).toBe(true);
        }
        await pool.close();
        expect(living).toEqual([]);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe("the process", () => {
  /** Runs a script with a pool in a process of its own; its exit code and output. */
  async function inProcess(script: string): Promise<{ code: number; output: string }> {
    const url = (name: string): string => JSON.stringify(new URL(name, import.meta.url).href);
    const source = `
      import { Worker } from "node:worker_threads";
      import { EmbedPool } from ${url("./embed-pool.ts")};
      const workerData = { accidents: new Int32Array(new SharedArrayBuffer(4)).fill(9), region: 0 };
      const startWorker = () => new Worker(new URL(${url("./fake-embed-worker.test-helper.ts")}), { workerData, execArgv: [] });
      const pool = new EmbedPool({ threads: 1, name: "fake.gguf", startWorker });
      const embed = (token) => pool.run({ tokens: Int32Array.of(token), lengths: Int32Array.of(1) });
      ${script}`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", source], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    const [code] = (await once(child, "close")) as [number];
    return { code, output };
  }

  it("stays for a job that is awaited, and not for idle threads", async () => {
    const run = await inProcess(`
      console.log((await embed(${commands.sleep}))[0], (await embed(4))[0]);`);
    expect(run).toEqual({ code: 0, output: `${commands.sleep} 4\n` });
  });

  it("stays until a pool that is being closed is closed", async () => {
    const run = await inProcess(`
      await embed(1);
      embed(${commands.hang}).catch(() => {});
      await pool.close();
      console.log("closed");`);
    expect(run).toEqual({ code: 0, output: "closed\n" });
  });
});
