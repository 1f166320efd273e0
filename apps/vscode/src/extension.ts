import { type ExtensionContext, commands, window } from "vscode";

import { indexWorkspace } from "./commands/index-workspace.ts";
import { setEmbeddingKey } from "./commands/set-embedding-key.ts";
import { autoIndex } from "./folders/auto-index.ts";
import type { FolderEngines } from "./folders/folder-engines.ts";
import { showFailures } from "./folders/show-failures.ts";
import { openWorkspaceFolders } from "./folders/workspace-folders.ts";
import { showIndexHealth } from "./health/index-health.ts";

let engines: FolderEngines | undefined;

/** Wires the parts together and returns at once: what takes time is done by the engines' processes. */
export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel("Resona", { log: true });
  const showLog = () => log.show();
  const folders = openWorkspaceFolders(context, log);
  engines = folders;
  showFailures(folders, showLog);
  context.subscriptions.push(
    log,
    showIndexHealth(context, folders, showLog),
    autoIndex(folders, log),
    commands.registerCommand("resona.index", () => indexWorkspace(folders, log)),
    commands.registerCommand("resona.setEmbeddingKey", () => setEmbeddingKey(context.secrets)),
    commands.registerCommand("resona.showLog", showLog),
  );
}

/** The editor waits until the engines' processes have ended, some seconds at most. */
export async function deactivate(): Promise<void> {
  await engines?.dispose();
}
