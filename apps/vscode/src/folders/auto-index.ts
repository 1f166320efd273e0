import { access } from "node:fs/promises";
import { join } from "node:path";

import { type Disposable, type LogOutputChannel, Uri, workspace } from "vscode";

import { engineSettings } from "../settings/engine-settings.ts";
import type { Folder, FolderEngine, FolderEngines } from "./folder-engines.ts";

/**
 * Brings the indexes of folders that are trusted up to date when they are opened, where the settings say so. Folders
 * without an index are left alone: the first one is made when the user asks for it.
 */
export function autoIndex(engines: FolderEngines, log: LogOutputChannel): Disposable {
  const update = (folders: readonly FolderEngine[]) => {
    if (!workspace.isTrusted) return;
    for (const one of folders)
      if (workspace.getConfiguration("resona", Uri.parse(one.folder.id)).get("autoIndex", true))
        void bringUpToDate(one, log);
  };
  update(engines.all);
  engines.onDidChange(({ added }) => update(added));
  return workspace.onDidGrantWorkspaceTrust(() => update(engines.all));
}

async function bringUpToDate({ folder, engine }: FolderEngine, log: LogOutputChannel): Promise<void> {
  try {
    // Looked for from here, so that no process is started for a folder without one.
    await access(join(indexFolder(folder), "index.json"));
  } catch {
    return;
  }
  try {
    // What needs more than an update is the user's decision.
    await engine.index({ ifOutdated: "refuse" });
  } catch (error) {
    log.info(`[${folder.name}] ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Absolute, as the folder's settings have it. */
export function indexFolder({ id, path }: Folder): string {
  const settings = workspace.getConfiguration("resona", Uri.parse(id));
  return engineSettings(path, (key) => settings.inspect(key)).index ?? join(path, ".resona");
}
