import { readFileSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { clientOf } from "../src/testing/engine.ts";
import { temporaryFolder, workspaceOf } from "../src/testing/workspace.ts";

const extension = process.env["RESONA_EXTENSION"] ?? "";
const files = readdirSync(extension, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(extension.length + 1));

describe("the packed extension", () => {
  it("has what it needs and nothing else", () => {
    expect(files).toContain("dist/extension.cjs");
    expect(files).toContain("dist/engine-process.js");
    expect(files).toContain("LICENSE.txt");
    expect(files).toEqual(expect.arrayContaining(["l10n/bundle.l10n.de.json", "package.nls.de.json"]));
    expect(readFileSync(join(extension, "THIRD-PARTY-NOTICES.txt"), "utf8")).toContain("@lancedb/lancedb");
    expect(files.filter((path) => /\.map$|\.ts$|\.test\.|node_modules|\.node$/u.test(path))).toEqual([]);
  });

  it("names no package that would have to be installed", () => {
    const manifest = JSON.parse(readFileSync(join(extension, "package.json"), "utf8")) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: "resona", publisher: "resona", main: "./dist/extension.cjs" });
    expect(Object.keys(manifest)).not.toEqual(expect.arrayContaining(["dependencies"]));
  });

  it("keeps the engine out of what the editor loads", () => {
    const bundles = files.filter((path) => path.endsWith(".cjs"));
    expect(bundles.toSorted()).toEqual(["dist/extension.cjs", "dist/vscode-jsonrpc.cjs"]);
    for (const path of bundles) {
      const bundle = readFileSync(join(extension, path), "utf8");
      for (const word of ["lancedb", "apache-arrow", "tree-sitter", ".gguf"]) expect(bundle).not.toContain(word);
    }
  });

  it("parses with the grammars that it brings", async () => {
    const text = "def first_pear():\n  pass\n\n\nclass Basket:\n  def count(self):\n    return 1\n";
    const { client } = clientOf(await workspaceOf({ "fruit.py": text }));
    await client.index();
    const [hit] = (await client.search("first_pear")).hits;
    expect(hit).toMatchObject({
      path: "fruit.py",
      language: "python",
      symbols: expect.arrayContaining(["first_pear"]) as string[],
    });
  });

  it("unpacks the database library where it is told to, once, whoever else does it at the time", async () => {
    const folder = join(await temporaryFolder(), "native");
    const environment = { RESONA_NATIVE_FOLDER: folder };
    const workspaces = [await workspaceOf({ "a.md": "# A" }), await workspaceOf({ "b.md": "# B" })];
    const clients = workspaces.map((workspace) => clientOf(workspace, { environment }).client);
    await Promise.all(clients.map((client) => client.index()));
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^[0-9a-f]{16}-.*\.node$/u)]);
  });

  it("says when it cannot unpack it", async () => {
    const folder = join(await temporaryFolder(), "file");
    await writeFile(folder, "");
    const { client } = clientOf(await workspaceOf({}), { environment: { RESONA_NATIVE_FOLDER: folder } });
    await expect(client.stats()).rejects.toMatchObject({ code: "ENGINE_NATIVE_NOT_UNPACKED" });
    expect(client.state.kind).toBe("failed");
  });
});
