import type { IndexEvent } from "@resona/core";
import { type LogOutputChannel, ProgressLocation, commands, l10n, window, workspace } from "vscode";

import type { PausedFolders } from "../current/paused-folders.ts";
import { tellFailure } from "../failures/tell-failure.ts";
import type { FolderEngine, FolderEngines } from "../folders/folder-engines.ts";
import { mayIndex } from "../welcome/may-index.ts";

/** What indexing works with. */
export interface IndexingParts {
  readonly engines: FolderEngines;
  readonly paused: PausedFolders;
  readonly log: LogOutputChannel;
}

/**
 * Brings the indexes of all folders up to date, or makes them, and shows how far that is. Cancelled, indexing is paused.
 *
 * @param id URI of the one folder that is meant.
 */
export async function indexWorkspace(parts: IndexingParts, id?: string): Promise<void> {
  const { engines, paused } = parts;
  const one = id === undefined ? undefined : engines.get(id);
  const wanted = one === undefined ? engines.all : [one];
  if (wanted.length === 0) {
    await tellOfNoFolder();
    return;
  }
  const folders: FolderEngine[] = [];
  for (const candidate of wanted) if (await mayIndex(candidate)) folders.push(candidate);
  if (folders.length === 0) return;
  const ids = folders.map(({ folder }) => folder.id);
  paused.set(ids, false);
  await window.withProgress(
    { location: ProgressLocation.Notification, cancellable: true, title: l10n.t("Indexing") },
    async (progress, token) => {
      token.onCancellationRequested(() => paused.set(ids, true));
      for (const each of folders) await indexFolder(each, parts, (message) => progress.report({ message }));
    },
  );
  if (ids.some((folder) => paused.has(folder))) await offerToResume(id);
}

async function indexFolder(
  { folder, engine }: FolderEngine,
  { paused, log }: IndexingParts,
  report: (message: string) => void,
): Promise<void> {
  const cancel = new AbortController();
  const stop = () => {
    if (paused.has(folder.id)) cancel.abort();
  };
  const pausing = paused.onDidChange(stop);
  stop();
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
    const { status, filesIndexed, filesInIndex } = await engine.index({ signal: cancel.signal, onEvent });
    log.info(`[${folder.name}] Indexing ${status}: ${filesIndexed} files indexed, ${filesInIndex} in the index.`);
  } catch (error) {
    // That it does not run at all has been told already.
    if (cancel.signal.aborted || engine.state.kind === "failed") return;
    log.error(`[${folder.name}] ${error instanceof Error ? error.message : String(error)}`);
    void tellFailure(error, folder);
  } finally {
    pausing.dispose();
  }
}

async function tellOfNoFolder(): Promise<void> {
  const open = l10n.t("Open Folder");
  const message =
    (workspace.workspaceFolders ?? []).length === 0
      ? l10n.t("There is no folder to index. Open the folder that your files are in.")
      : l10n.t("The folders that are open are not on this machine's disk; only such folders can be indexed.");
  if ((await window.showInformationMessage(message, open)) === open) await commands.executeCommand("vscode.openFolder");
}

async function offerToResume(id: string | undefined): Promise<void> {
  const resume = l10n.t("Resume");
  const message = l10n.t("Indexing is paused. What is indexed already can be found.");
  if ((await window.showInformationMessage(message, resume)) === resume)
    await commands.executeCommand("resona.index", id);
}
