import { Disposable, type ExtensionContext, commands, env, l10n } from "vscode";

import type { Keeping } from "../current/keeping.ts";
import { press, tellFailure } from "../failures/tell-failure.ts";
import type { FolderEngines } from "../folders/folder-engines.ts";
import { hasIndex } from "../folders/index-folder.ts";
import { HealthPanel } from "../health-panel/health-panel.ts";
import { createStatusItem } from "../status/status-item.ts";
import type { Wording } from "../text/wording.ts";
import { followContextKeys } from "./context-keys.ts";
import { followKeeping } from "./follow-keeping.ts";
import { registerHealthCommands } from "./health-commands.ts";
import { HealthMonitor } from "./health-monitor.ts";
import { storedHistory } from "./stored-history.ts";

/** Watches the indexes of all folders, and shows how they are: in the status bar, and on a page when asked for it. */
export function showIndexHealth(context: ExtensionContext, engines: FolderEngines, keeping: Keeping): Disposable {
  const wording: Wording = { l10n, locale: env.language };
  const monitor = new HealthMonitor(engines, (folder) => ({
    history: storedHistory(context.workspaceState, folder.id),
    hasIndex: () => hasIndex(folder),
  }));
  const panel = new HealthPanel(
    context.extensionUri,
    monitor,
    {
      run: (action, folder) => void commands.executeCommand(`resona.${action}`, folder),
      help: (button) => void press(button),
      fail: (error) => void tellFailure(error),
    },
    wording,
  );
  return Disposable.from(
    registerHealthCommands({ engines, monitor, panel, wording }),
    followContextKeys(monitor),
    followKeeping(monitor, engines, keeping),
    createStatusItem(monitor, wording),
    panel,
    monitor,
  );
}
