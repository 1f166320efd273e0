import { basename } from "node:path";
import { pathToFileURL } from "node:url";

import { expect, it, onTestFinished } from "vitest";

import { EngineClient } from "../engine-client/engine-client.ts";
import { engineProcess, isAlive, pidOf } from "../testing/engine.ts";
import { workspaceOf } from "../testing/workspace.ts";
import { type Folder, type FolderChange, FolderEngines } from "./folder-engines.ts";

function folderOf(path: string): Folder {
  return { id: pathToFileURL(path).href, name: basename(path), path };
}

function engines(): FolderEngines {
  const all = new FolderEngines(
    ({ path }) => new EngineClient(() => ({ ...engineProcess, workspace: path, options: {}, memoryLimitMb: 256 })),
  );
  onTestFinished(() => all.dispose());
  return all;
}

it("follows the workspace: folders come and go, and the others' engines go on", async () => {
  const [apples, pears] = [folderOf(await workspaceOf({ "a.md": "# Apples" })), folderOf(await workspaceOf({}))];
  const all = engines();
  const changes: FolderChange[] = [];
  all.onDidChange((change) => changes.push(change));

  all.update([apples]);
  const first = all.get(apples.id);
  await first?.engine.index();
  const pid = first && pidOf(first.engine);
  all.update([apples, pears]);
  expect(all.all.map(({ folder }) => folder)).toEqual([apples, pears]);
  expect(all.get(apples.id)).toBe(first);
  expect(all.get(pears.id)?.engine.state.kind).toBe("stopped");
  all.update([apples, pears]);

  all.update([pears]);
  expect(all.get(apples.id)).toBeUndefined();
  expect(changes.map(({ added, removed }) => [added.length, removed.length])).toEqual([
    [1, 0],
    [1, 0],
    [0, 1],
  ]);
  await all.dispose();
  expect(pid !== undefined && isAlive(pid)).toBe(false);
  expect(all.all).toEqual([]);
});
