import { type ExtensionContext, commands, window } from "vscode";

import { indexWorkspace } from "./commands/index-workspace.ts";
import { setEmbeddingKey } from "./commands/set-embedding-key.ts";
import { FolderSignals } from "./current/folder-signals.ts";
import { keepCurrent } from "./current/keep-current.ts";
import { registerPauseCommands } from "./current/pause-commands.ts";
import { PausedFolders } from "./current/paused-folders.ts";
import { FailureNotices } from "./failures/failure-notices.ts";
import type { FolderEngines } from "./folders/folder-engines.ts";
import { showFailures } from "./folders/show-failures.ts";
import { openWorkspaceFolders } from "./folders/workspace-folders.ts";
import { showIndexHealth } from "./health/index-health.ts";
import { registerSearch } from "./search/register-search.ts";
import { offerWalkthrough, openWalkthrough } from "./welcome/walkthrough.ts";

let engines: FolderEngines | undefined;

/** Wires the parts together and returns at once: what takes time is done by the engines' processes. */
export function activate(context: ExtensionContext): void {
  const log = window.createOutputChannel("Resona", { log: true });
  const showLog = () => log.show();
  const folders = openWorkspaceFolders(context, log);
  engines = folders;
  const paused = new PausedFolders(context.workspaceState);
  const notices = new FailureNotices();
  const keeping = { paused, notices, signals: new FolderSignals() };
  showFailures(folders);
  context.subscriptions.push(
    log,
    showIndexHealth(context, folders, keeping),
    keepCurrent(folders, { ...keeping, log }),
    registerPauseCommands(folders, paused),
    registerSearch(context, folders, notices, log),
    commands.registerCommand("resona.index", (folder: unknown) =>
      indexWorkspace({ engines: folders, paused, notices, log }, typeof folder === "string" ? folder : undefined),
    ),
    commands.registerCommand("resona.setEmbeddingKey", (id: unknown) => {
      const all = folders.all.map(({ folder }) => folder);
      const meant = all.filter((folder) => folder.id === id);
      return setEmbeddingKey(context.secrets, meant.length > 0 ? meant : all);
    }),
    commands.registerCommand("resona.showLog", showLog),
    commands.registerCommand("resona.openWalkthrough", openWalkthrough),
  );
  void offerWalkthrough(folders, context.globalState);
}

/** The editor waits until the engines' processes have ended, some seconds at most. */
export async function deactivate(): Promise<void> {
  await engines?.dispose();
}
