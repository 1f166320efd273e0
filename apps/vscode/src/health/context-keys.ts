import * as vscode from "vscode";

import { folderCondition } from "./folder-condition.ts";
import type { FolderHealth } from "./folder-health.ts";
import type { HealthMonitor } from "./health-monitor.ts";

/** What the manifest's `when` clauses ask about indexes. */
const keys: Readonly<Record<string, (folder: FolderHealth) => boolean>> = {
  /** There is an index. */
  "resona.hasIndex": (folder) => folderCondition(folder) !== "no-index",
  /** There is one that healing would help. */
  "resona.canHeal": ({ diagnostics }) => diagnostics?.findings.some(({ remedy }) => remedy.kind === "heal") === true,
};

/** Keeps the context keys true, of any of the folders. */
export function followContextKeys(monitor: HealthMonitor): vscode.Disposable {
  const told = new Map<string, boolean>();
  const update = () => {
    for (const [key, isTrueOf] of Object.entries(keys)) {
      const value = monitor.folders.some(isTrueOf);
      if (told.get(key) === value) continue;
      told.set(key, value);
      void vscode.commands.executeCommand("setContext", key, value);
    }
  };
  update();
  return monitor.onDidChange(update);
}
