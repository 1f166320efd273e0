import * as vscode from "vscode";

import { type Keeping, followKeeping } from "../current/follow-keeping.ts";
import { tellFailure } from "../failures/tell-failure.ts";
import type { FolderEngines } from "../folders/folder-engines.ts";
import { hasIndex } from "../folders/index-folder.ts";
import { HealthPanel } from "../health-panel/health-panel.ts";
import { createStatusItem } from "../status/status-item.ts";
import type { Wording } from "../text/wording.ts";
import { followContextKeys } from "./context-keys.ts";
import { registerHealthCommands } from "./health-commands.ts";
import { HealthMonitor } from "./health-monitor.ts";
import { storedHistory } from "./stored-history.ts";

/** Watches the indexes of all folders, and shows how they are: in the status bar, and on a page when asked for it. */
export function showIndexHealth(
  context: vscode.ExtensionContext,
  engines: FolderEngines,
  keeping: Keeping,
  showLog: () => void,
): vscode.Disposable {
  const wording: Wording = { l10n: vscode.l10n, locale: vscode.env.language };
  const monitor = new HealthMonitor(engines, (folder) => ({
    history: storedHistory(context.workspaceState, folder.id),
    hasIndex: () => hasIndex(folder),
  }));
  const panel = new HealthPanel(
    context.extensionUri,
    monitor,
    {
      run: (action, folder) => void vscode.commands.executeCommand(`resona.${action}`, folder),
      restart: (folder) => void vscode.commands.executeCommand("resona.restartEngine", folder),
      showLog,
      fail: (error) => void tellFailure(error),
    },
    wording,
  );
  return vscode.Disposable.from(
    registerHealthCommands({ engines, monitor, panel, wording }),
    followContextKeys(monitor),
    followKeeping(monitor, engines, keeping),
    createStatusItem(monitor, wording),
    panel,
    monitor,
  );
}
