import { access } from "node:fs/promises";
import { join } from "node:path";

import { Uri, workspace } from "vscode";

import { engineSettings } from "../settings/engine-settings.ts";
import { optionSettings } from "../settings/option-settings.ts";
import type { Folder } from "./folder-engines.ts";

/** Absolute, as the folder's settings have it. */
export function indexFolder({ id, path }: Folder): string {
  const settings = workspace.getConfiguration("resona", Uri.parse(id));
  // Asked for often, also while the editor starts: the editor takes a millisecond to tell a setting.
  const inspect = (key: string) => (key === optionSettings.index?.key ? settings.inspect(key) : undefined);
  return engineSettings(path, inspect).index ?? join(path, ".resona");
}

/** Looked for from here, so that no process is started for a folder without one. */
export async function hasIndex(folder: Folder): Promise<boolean> {
  return access(join(indexFolder(folder), "index.json")).then(
    () => true,
    () => false,
  );
}
