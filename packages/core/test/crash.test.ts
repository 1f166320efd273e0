import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it } from "vitest";

import { openEngine } from "../src/index.ts";
import { IndexStore } from "../src/store/index-store.ts";
import { outputOf, startIndexProcess } from "./index-process.ts";
import { temporaryFolder } from "./temp-folder.ts";

const FILES = 400;

function source(n: number, version: number): string {
  const lines = 40 + ((n * 37 + version * 91) % 400);
  return Array.from({ length: lines }, (_, i) => `export function every_${n}_${i}() { return ${version}; }\n`).join("");
}

/** Every chunk in the index with its whole text; from the table itself, without what searching leaves out. */
async function allChunks(workspace: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(join(workspace, ".resona/index.json"), "utf8")) as {
    fingerprint: { dimension: number };
  };
  const store = await IndexStore.open(join(workspace, ".resona"), manifest.fingerprint.dimension);
  const found = await store.searchTerms([{ term: "every", weight: 1 }], 1_000_000);
  store.close();
  return found.map((chunk) => `${chunk.id} ${chunk.text} ${chunk.vector.join()}`).toSorted();
}

describe("an index whose writer is killed", () => {
  it("is, after the next run, the same as one that was never disturbed", async () => {
    const workspace = await temporaryFolder();
    const other = await temporaryFolder();
    await mkdir(join(workspace, "src"), { recursive: true });
    for (let n = 0; n < FILES; n++) await writeFile(join(workspace, `src/f${n}.ts`), source(n, 0));
    let killed = 0;
    for (let round = 1; round <= 8; round++) {
      const child = startIndexProcess(workspace);
      child.stdout?.resume();
      const ended = once(child, "exit");
      await Promise.race([sleep(200 + round * 70), ended]);
      if (child.exitCode === null) killed += Number(child.kill("SIGKILL"));
      await ended;
      for (let n = round; n < FILES; n += 11) await writeFile(join(workspace, `src/f${n}.ts`), source(n, round));
      await rm(join(workspace, `src/f${round * 3}.ts`), { force: true });
    }
    expect(killed).toBeGreaterThan(2);
    const engine = await openEngine({ workspace });
    expect((await engine.index()).status).toBe("completed");
    const { files, chunks } = await engine.stats();
    await engine.close();

    await mkdir(join(other, "src"));
    for (let n = 0; n < FILES; n++) {
      const text = await readFile(join(workspace, `src/f${n}.ts`), "utf8").catch(() => undefined);
      if (text !== undefined) await writeFile(join(other, `src/f${n}.ts`), text);
    }
    const undisturbed = await openEngine({ workspace: other });
    await undisturbed.index();
    expect({ files, chunks }).toEqual({
      files: (await undisturbed.stats()).files,
      chunks: (await undisturbed.stats()).chunks,
    });
    await undisturbed.close();
    expect(await allChunks(workspace)).toEqual(await allChunks(other));
  });

  it("says that it continues where the last run stopped", async () => {
    const workspace = await temporaryFolder();
    for (let n = 0; n < FILES; n++) await writeFile(join(workspace, `f${n}.ts`), source(n, 0).repeat(3));
    const child = startIndexProcess(workspace);
    const ended = once(child, "exit");
    for await (const text of child.stdout?.setEncoding("utf8") ?? []) {
      if (/"chunksIndexed":[1-9]/.test(String(text))) child.kill("SIGKILL");
    }
    await ended;
    const output = await outputOf(startIndexProcess(workspace));
    expect(output).toContain('"code":"CONTINUED"');
    const summary = JSON.parse(output.trim().split("\n").at(-1) ?? "") as { filesIndexed: number };
    expect(summary.filesIndexed).toBeLessThan(FILES);
  });
});

describe("two writers", () => {
  it("do not disturb each other: the second is told who is at work", async () => {
    const workspace = await temporaryFolder();
    for (let n = 0; n < FILES; n++) await writeFile(join(workspace, `f${n}.ts`), source(n, 0));
    const outputs = await Promise.all([startIndexProcess(workspace), startIndexProcess(workspace)].map(outputOf));
    const results = outputs.map((output) => output.trim().split("\n").at(-1) ?? "");
    expect(results.some((result) => result.includes('"status":"completed"'))).toBe(true);
    // The slower one finds the lock held, or comes when everything is done.
    for (const result of results) expect(result).toMatch(/"status":"completed"|"code":"INDEX_LOCKED"/);
    const engine = await openEngine({ workspace });
    expect((await engine.stats()).files).toBe(FILES);
    await engine.close();
  });
});
