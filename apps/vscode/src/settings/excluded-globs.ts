import { Uri, workspace } from "vscode";

import { enabledGlobs } from "./exclude-settings.ts";

/** The editor's settings of what of a folder is not to be seen, and what is not to be searched. */
export const excludeSections = ["files.exclude", "search.exclude"] as const;

/** Their globs that are switched on, as the editor has them. */
export function excludedGlobs(folder: { readonly id: string }): string[] {
  const settings = workspace.getConfiguration(undefined, Uri.parse(folder.id));
  return enabledGlobs(...excludeSections.map((section) => settings.get<Record<string, unknown>>(section)));
}
