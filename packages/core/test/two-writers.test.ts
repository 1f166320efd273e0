import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { openEngine } from "../src/index.ts";
import { outputOf, startIndexProcess } from "./index-process.ts";
import { temporaryFolder } from "./temp-folder.ts";

const FILES = 150;

it("two writers do not disturb each other: the second is told who is at work", async () => {
  const workspace = await temporaryFolder();
  const text = (n: number) => `export function every_${n}() { return ${n}; }\n`.repeat(40 + n);
  for (let n = 0; n < FILES; n++) await writeFile(join(workspace, `f${n}.ts`), text(n));
  const outputs = await Promise.all([startIndexProcess(workspace), startIndexProcess(workspace)].map(outputOf));
  const results = outputs.map((output) => output.trim().split("\n").at(-1) ?? "");
  expect(results.some((result) => result.includes('"status":"completed"'))).toBe(true);
  // The slower one finds the lock held, or comes when everything is done.
  for (const result of results) expect(result).toMatch(/"status":"completed"|"code":"INDEX_LOCKED"/);
  const engine = await openEngine({ workspace });
  expect((await engine.stats()).files).toBe(FILES);
  await engine.close();
});
