import type { IndexEvent } from "@resona/core";
import { type LogOutputChannel, ProgressLocation, commands, l10n, window } from "vscode";

import type { FolderEngine, FolderEngines } from "../folders/folder-engines.ts";

/** Brings the indexes of all folders up to date, or makes them, and shows how far that is. */
export async function indexWorkspace(engines: FolderEngines, log: LogOutputChannel): Promise<void> {
  if (engines.all.length === 0) {
    const open = l10n.t("Open Folder");
    const choice = await window.showInformationMessage(l10n.t("There is no folder to index."), open);
    if (choice === open) await commands.executeCommand("vscode.openFolder");
    return;
  }
  await window.withProgress(
    { location: ProgressLocation.Notification, cancellable: true, title: l10n.t("Indexing") },
    async (progress, token) => {
      const cancel = new AbortController();
      token.onCancellationRequested(() => cancel.abort());
      for (const one of engines.all) {
        if (cancel.signal.aborted) return;
        await indexFolder(one, log, cancel.signal, (message) => progress.report({ message }));
      }
    },
  );
}

async function indexFolder(
  { folder, engine }: FolderEngine,
  log: LogOutputChannel,
  signal: AbortSignal,
  report: (message: string) => void,
): Promise<void> {
  const onEvent = (event: IndexEvent) => {
    if (event.type !== "progress") return;
    const { filesDone, filesTotal } = event;
    report(
      filesTotal === undefined
        ? l10n.t("{0}: {1} files", folder.name, filesDone)
        : l10n.t("{0}: {1} of {2} files", folder.name, filesDone, filesTotal),
    );
  };
  try {
    const { status, filesIndexed, filesInIndex } = await engine.index({ signal, onEvent });
    log.info(`[${folder.name}] Indexing ${status}: ${filesIndexed} files indexed, ${filesInIndex} in the index.`);
  } catch (error) {
    // That it does not run at all has been told already.
    if (signal.aborted || engine.state.kind === "failed") return;
    const message = error instanceof Error ? error.message : String(error);
    log.error(`[${folder.name}] ${message}`);
    void tell(message, log);
  }
}

async function tell(message: string, log: LogOutputChannel): Promise<void> {
  const seeLog = l10n.t("Show Log");
  if ((await window.showErrorMessage(message, seeLog)) === seeLog) log.show();
}
