import type { Memento } from "vscode";

import type { HistoryStore } from "./folder-monitor.ts";
import { parseHistory } from "./health-history.ts";

/** A folder's history, kept with the workspace that it is a folder of: it goes when that is forgotten. */
export function storedHistory(workspaceState: Memento, folder: string): HistoryStore {
  const key = `health-history ${folder}`;
  return {
    load: () => parseHistory(workspaceState.get(key)),
    save: (history) => void workspaceState.update(key, history),
  };
}
