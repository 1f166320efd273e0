import { once } from "node:events";
import { Worker } from "node:worker_threads";

import { expect, onTestFinished, test } from "vitest";

import type { ParseResponse } from "./parse-pool.ts";

/** What a thread says that has so many megabytes in its heap already. */
async function answerWith(megabytes: number): Promise<ParseResponse> {
  const code = `
    import { parentPort } from "node:worker_threads";
    const held = Array.from({ length: ${megabytes} }, () => Array.from({ length: 125_000 }, (_, n) => n));
    const { default: parse } = await import(${JSON.stringify(import.meta.resolve("./parse-worker.ts"))});
    const limits = { chunkChars: 1_000, parseTimeoutMs: 60_000 };
    const response = await parse({ path: "a.ts", text: "export const one = 1;", limits });
    parentPort.postMessage({ ...response, held: held.length });
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { execArgv: [] });
  onTestFinished(async () => {
    await worker.terminate();
  });
  const [response] = (await once(worker, "message")) as [ParseResponse];
  return response;
}

test("a thread is spent once its heap has grown, and answers all the same", async () => {
  const [fresh, grown] = [await answerWith(0), await answerWith(60)];
  expect(fresh.isSpent).toBe(false);
  expect(grown).toMatchObject({ isSpent: true, file: fresh.file });
  expect(grown.file.chunks).toHaveLength(1);
});
