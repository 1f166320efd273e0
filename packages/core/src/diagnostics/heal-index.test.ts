import { mkdtemp, rm, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeAll, describe, expect, it } from "vitest";

import { inspectIndexFolder } from "../store/index-folder.ts";
import { healIndex } from "./heal-index.ts";
import { SampleIndex, fileNames, inShort } from "./sample-index.test-helper.ts";

let healthy: SampleIndex;

beforeAll(async () => {
  const parent = await mkdtemp(join(tmpdir(), "resona-"));
  healthy = await SampleIndex.create("workspace", parent);
  for (let commit = 0; commit < 3; commit++) await healthy.addFiles(fileNames(40, commit * 40));
  await healthy.makeIndexes();
  return () => rm(parent, { recursive: true });
});

describe("healing", () => {
  it("moves torn manifests aside, falls back to the version before and leaves the rest to the next run", async () => {
    const index = await healthy.copy();
    await index.addFiles(fileNames(10, 200));
    const [newest = "", before = ""] = await index.names("chunks.lance/_versions");
    for (const name of [newest, before]) await truncate(join(index.folder, "chunks.lance/_versions", name), 0);
    const { tables } = await healIndex(index.folder, index.manifest);
    expect(tables).toEqual([
      { table: "chunks", version: 8, quarantined: [`quarantine/${newest}`, `quarantine/${before}`] },
    ]);
    expect(await inspectIndexFolder(index.folder)).toMatchObject({ manifest: { state: "writing" } });
    // The files know of chunks that are lost.
    await index.files(async (store) => expect(await store.repair()).toBe(10));
    expect(inShort(await index.findings())).toEqual(["warning RUN_INTERRUPTED index"]);
  });

  it("finds nothing to do in a healthy index", async () => {
    const index = await healthy.copy();
    expect(await healIndex(index.folder, index.manifest)).toEqual({ tables: [] });
    expect(await index.findings()).toEqual([]);
  });

  it("also clears away torn manifests of older versions, which loses nothing", async () => {
    const index = await healthy.copy();
    const name = (await index.names("chunks.lance/_versions"))[2] ?? "";
    await truncate(join(index.folder, "chunks.lance/_versions", name), 0);
    expect(inShort(await index.findings())).toEqual(["error MANIFEST_TORN heal"]);
    const tables = [{ table: "chunks", version: 9, quarantined: [`quarantine/${name}`] }];
    expect(await healIndex(index.folder, index.manifest)).toEqual({ tables });
    expect(await index.diagnose()).toMatchObject({ totalRows: 360, version: 9 });
  });

  it("gives up on a table without a whole version", async () => {
    const index = await healthy.copy();
    for (const name of await index.names("files.lance/_versions"))
      await truncate(join(index.folder, "files.lance/_versions", name), 0);
    await expect(healIndex(index.folder, index.manifest)).rejects.toMatchObject({ code: "INDEX_DAMAGED" });
  });
});
