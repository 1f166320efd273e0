import assert from "node:assert/strict";
import { existsSync } from "node:fs";

import { describe, it } from "mocha";
import { Uri, commands, workspace } from "vscode";

describe("Index Workspace", () => {
  it("resolves when the index is there", async () => {
    const [folder] = workspace.workspaceFolders ?? [];
    assert.ok(folder);
    await commands.executeCommand("resona.index");
    assert.ok(existsSync(Uri.joinPath(folder.uri, ".resona/index.json").fsPath));
    assert.ok(existsSync(Uri.joinPath(folder.uri, ".resona/chunks.lance").fsPath));
  });
});
