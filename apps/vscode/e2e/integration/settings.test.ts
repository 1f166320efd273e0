import assert from "node:assert/strict";

import { describe, it } from "mocha";
import { workspace } from "vscode";

describe("Settings", () => {
  it("hide the index from the editor's lists, beside what the editor hides itself", () => {
    const exclude = workspace.getConfiguration("files").get<Record<string, unknown>>("exclude");
    assert.equal(exclude?.["**/.resona"], true);
    assert.equal(exclude["**/.git"], true);
  });
});
