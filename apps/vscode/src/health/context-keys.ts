import { Disposable, commands } from "vscode";

import { type FolderHealth, canHeal } from "./folder-health.ts";
import type { HealthMonitor } from "./health-monitor.ts";

/** What the manifest's `when` clauses ask about indexes. */
const keys: Readonly<Record<string, (folder: FolderHealth) => boolean>> = {
  /** There is an index. */
  "resona.hasIndex": ({ hasIndex }) => hasIndex,
  /** There is one that healing would help. */
  "resona.canHeal": canHeal,
};

/** Keeps the context keys true, of any of the folders. */
export function followContextKeys(monitor: HealthMonitor): Disposable {
  const told = new Map<string, boolean>();
  const update = () => {
    for (const [key, isTrueOf] of Object.entries(keys)) {
      const value = monitor.folders.some(isTrueOf);
      if (told.get(key) === value) continue;
      told.set(key, value);
      void commands.executeCommand("setContext", key, value);
    }
  };
  update();
  return monitor.onDidChange(update);
}
