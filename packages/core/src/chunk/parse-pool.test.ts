import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { createParsePool, type ParsePool, type ParseRequest } from "./parse-pool.ts";

/** A parser thread that does what its text says. */
const WORKER = `
  import { threadId } from "node:worker_threads";
  export default async function (request) {
    const file = { language: "thread-" + threadId, chunks: [] };
    switch (request.text) {
      case "throw": throw new Error("thrown");
      case "crash": setImmediate(() => { throw new Error("uncaught"); }); return new Promise(() => {});
      case "exit": process.exit(3);
      case "hang": for (;;) {}
      case "exhaust": { const held = []; for (;;) held.push(new Array(1_000_000).fill(held.length)); }
      case "spent": return { file, isSpent: true };
      case "slow": await new Promise((resolve) => setTimeout(resolve, 100));
      default: return { file, isSpent: false };
    }
  }
`;

let folder = "";
let workerUrl: URL;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "resona-pool-"));
  const path = join(folder, "worker.mjs");
  await writeFile(path, WORKER);
  workerUrl = pathToFileURL(path);
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

function openPool(threads: number, deadlineMs = 60_000): ParsePool {
  const pool = createParsePool({ threads, deadlineMs, workerUrl });
  onTestFinished(() => pool.close());
  return pool;
}

const request = (text: string): ParseRequest => ({
  path: "a.ts",
  text,
  limits: { chunkChars: 100, parseTimeoutMs: 1 },
});

async function threadOf(pool: ParsePool, text = ""): Promise<string> {
  const result = await pool.run(request(text));
  return typeof result === "string" ? result : result.language;
}

test("one thread serves one request after another", async () => {
  const pool = openPool(1);
  const first = await threadOf(pool);
  expect(first).toMatch(/^thread-\d+$/);
  expect(await Promise.all([threadOf(pool), threadOf(pool), threadOf(pool)])).toEqual([first, first, first]);
});

test("no more threads run than were asked for", async () => {
  const pool = openPool(2);
  const threads = await Promise.all(Array.from({ length: 12 }, () => threadOf(pool, "slow")));
  expect(new Set(threads).size).toBe(2);
});

test("an exception in a thread is a failure of that file alone", async () => {
  const pool = openPool(1);
  expect(await threadOf(pool, "throw")).toBe("parse-failed");
  expect(await threadOf(pool)).toMatch(/^thread-/);
});

test("a thread that crashes is replaced, and requests that wait are served", async () => {
  const pool = openPool(1);
  const before = await threadOf(pool);
  const [crashed, after] = await Promise.all([threadOf(pool, "crash"), threadOf(pool)]);
  expect(crashed).toBe("parse-failed");
  expect(after).toMatch(/^thread-/);
  expect(after).not.toBe(before);
});

test("a thread that runs out of memory is replaced", async () => {
  const pool = openPool(1);
  expect(await threadOf(pool, "exhaust")).toBe("parse-failed");
  expect(await threadOf(pool)).toMatch(/^thread-/);
});

test.for(["hang", "exit"])("a thread that never answers (%s) is ended at the deadline and replaced", async (text) => {
  const pool = openPool(1, 1_500);
  const before = await threadOf(pool);
  expect(await threadOf(pool, text)).toBe("parse-timeout");
  expect(await threadOf(pool)).not.toBe(before);
});

test("the deadline counts work, not waiting for a thread", async () => {
  const pool = openPool(1, 2_000);
  const results = await Promise.all(Array.from({ length: 25 }, () => threadOf(pool, "slow")));
  expect(results.filter((result) => !result.startsWith("thread-"))).toEqual([]);
});

test("a thread that says it is spent is replaced, its answer kept", async () => {
  const pool = openPool(1);
  const spent = await threadOf(pool, "spent");
  expect(spent).toMatch(/^thread-/);
  expect(await threadOf(pool)).not.toBe(spent);
});

test("an aborted call rejects with the reason at once, and the others go on", async () => {
  const pool = openPool(1);
  const controller = new AbortController();
  const reason = new Error("stopped by the user");
  const running = pool.run(request("slow"), controller.signal);
  const waiting = pool.run(request("crash"), controller.signal);
  const other = threadOf(pool);
  controller.abort(reason);
  await expect(running).rejects.toBe(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(pool.run(request(""), controller.signal)).rejects.toBe(reason);
  // The waiting request never reached the thread: it would have crashed it.
  expect(await other).toMatch(/^thread-/);
});

test("closing ends the threads and rejects what is under way and what comes after", async () => {
  const pool = createParsePool({ threads: 1, deadlineMs: 60_000, workerUrl });
  await threadOf(pool);
  const results = Promise.allSettled([threadOf(pool, "hang"), threadOf(pool)]);
  await pool.close();
  expect((await results).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  await expect(pool.run(request(""))).rejects.toThrow("The chunker is closed.");
  await pool.close();
});
