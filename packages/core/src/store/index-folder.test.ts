import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import {
  type IndexManifest,
  clearIndexFolder,
  createIndexFolder,
  inspectIndexFolder,
  writeManifest,
} from "./index-folder.ts";
import { schemaVersion } from "./schema.ts";

const manifest: IndexManifest = {
  format: "resona-index",
  schemaVersion,
  contents: "workspace",
  fingerprint: { model: "m" },
  workspace: "/w",
  state: "clean",
};

describe("inspectIndexFolder", () => {
  it("finds nothing in a folder that is missing or empty", async () => {
    const folder = await temporaryFolder();
    expect(await inspectIndexFolder(folder)).toEqual({ kind: "missing" });
    expect(await inspectIndexFolder(join(folder, "no"))).toEqual({ kind: "missing" });
    await createIndexFolder(folder);
    expect(await inspectIndexFolder(folder)).toEqual({ kind: "missing" });
  });

  it("reads the manifest that was written, which git ignores", async () => {
    const folder = join(await temporaryFolder(), ".resona");
    await createIndexFolder(folder);
    await writeManifest(folder, manifest);
    expect(await inspectIndexFolder(folder)).toEqual({ kind: "ready", manifest });
    expect(await readFile(join(folder, ".gitignore"), "utf8")).toBe("*\n");
  });

  it("calls a folder with only Resona's own beginnings unusable, not foreign", async () => {
    const folder = await temporaryFolder();
    await createIndexFolder(folder);
    await mkdir(join(folder, "chunks.lance"));
    expect(await inspectIndexFolder(folder)).toMatchObject({ kind: "unusable" });
  });

  it.each(["", "{", '{"format":"resona-index"}', "[]"])("calls the half-written manifest %j unusable", async (text) => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "index.json"), text);
    expect(await inspectIndexFolder(folder).catch((error: { code: string }) => error.code)).toEqual(
      text === "[]" ? "INDEX_FOREIGN" : { kind: "unusable", why: "its index.json cannot be read" },
    );
  });

  it("refuses a folder of somebody else, and a file", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "precious.txt"), "mine");
    await expect(inspectIndexFolder(folder)).rejects.toMatchObject({ code: "INDEX_FOREIGN" });
    await expect(inspectIndexFolder(join(folder, "precious.txt"))).rejects.toMatchObject({ code: "INDEX_FOREIGN" });
    await writeFile(join(folder, "index.json"), '{"format":"other"}');
    await expect(inspectIndexFolder(folder)).rejects.toMatchObject({ code: "INDEX_FOREIGN" });
  });

  it("refuses an index of the future and wants an older one rebuilt", async () => {
    const folder = await temporaryFolder();
    await writeManifest(folder, { ...manifest, schemaVersion: schemaVersion + 1 });
    await expect(inspectIndexFolder(folder)).rejects.toMatchObject({ code: "INDEX_FROM_FUTURE" });
    await writeManifest(folder, { ...manifest, schemaVersion: schemaVersion - 1 });
    expect(await inspectIndexFolder(folder)).toMatchObject({ kind: "unusable" });
  });
});

describe("createIndexFolder", () => {
  it("makes the folders above, and leaves a .gitignore that is there alone", async () => {
    const folder = join(await temporaryFolder(), "a/b/.resona");
    await createIndexFolder(folder);
    await writeFile(join(folder, ".gitignore"), "*\n!.gitignore\n");
    await createIndexFolder(folder);
    expect(await readFile(join(folder, ".gitignore"), "utf8")).toBe("*\n!.gitignore\n");
  });

  it.runIf(process.platform === "linux")("gives up where the file system makes no folders", async () => {
    for (const folder of ["/proc/resona", "/proc/resona/deeper"])
      await expect(createIndexFolder(folder)).rejects.toMatchObject({ code: "INDEX_NOT_WRITABLE" });
  });
});

describe("clearIndexFolder", () => {
  it("removes tables and manifest and nothing else", async () => {
    const folder = await temporaryFolder();
    await createIndexFolder(folder);
    await writeManifest(folder, manifest);
    await mkdir(join(folder, "chunks.lance/data"), { recursive: true });
    await writeFile(join(folder, "writer.json"), "{}");
    await clearIndexFolder(folder);
    expect((await readdir(folder)).toSorted()).toEqual([".gitignore", "writer.json"]);
  });
});
