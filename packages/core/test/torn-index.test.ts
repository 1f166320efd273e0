import { readdir, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { type Engine, type IndexEvent, openEngine } from "../src/index.ts";
import { temporaryFolder } from "./temp-folder.ts";

async function indexedWorkspace(): Promise<Engine> {
  const workspace = await temporaryFolder();
  for (let n = 0; n < 20; n++) await writeFile(join(workspace, `f${n}.txt`), `every file number ${n}\n`);
  const engine = await openEngine({ workspace });
  onTestFinished(() => engine.close());
  await engine.index();
  await writeFile(join(workspace, "late.txt"), "a late arrival\n");
  await engine.index();
  return engine;
}

/** What a power cut leaves of the newest version of a table: LanceDB forces nothing to the disk. */
async function tear(engine: Engine, table: string, how: "cut" | "zeros"): Promise<void> {
  const versions = join(engine.indexPath, `${table}.lance/_versions`);
  const [newest = ""] = (await readdir(versions)).filter((name) => name.endsWith(".manifest")).toSorted();
  const path = join(versions, newest);
  const { size } = await stat(path);
  if (how === "cut") await truncate(path, 0);
  else await writeFile(path, Buffer.alloc(size));
}

describe("an index after a power cut", () => {
  it.each([
    ["chunks", "cut"],
    ["chunks", "zeros"],
    ["files", "cut"],
    ["files", "zeros"],
  ] as const)("goes back to the version before and redoes what is missing (%s, %s)", async (table, how) => {
    const engine = await indexedWorkspace();
    await tear(engine, table, how);
    const reader = await openEngine({ workspace: engine.workspace });
    onTestFinished(() => reader.close());
    await expect(reader.search("late arrival")).rejects.toMatchObject({ code: "INDEX_TORN" });
    const events: IndexEvent[] = [];
    const summary = await reader.index({ onEvent: (event) => events.push(event) });
    expect(summary.status).toBe("completed");
    expect(events).toContainEqual(expect.objectContaining({ type: "notice", code: "HEALED" }));
    expect(await reader.stats()).toMatchObject({ files: 21, chunks: 21 });
    expect((await reader.search("late arrival")).hits[0]?.path).toBe("late.txt");
  });
});
