import type { IndexEvent, ProgressEvent } from "@resona/core";
import { type LogOutputChannel, ProgressLocation, commands, l10n, window } from "vscode";

import type { PausedFolders } from "../current/paused-folders.ts";
import type { FailureNotices } from "../failures/failure-notices.ts";
import type { FolderEngine, FolderEngines } from "../folders/folder-engines.ts";
import { tellOfNoFolder } from "../folders/tell-of-no-folder.ts";
import { messageText } from "../text/message-text.ts";
import { mayIndex } from "../welcome/may-index.ts";
import { indexThrough } from "./index-through.ts";

/** What indexing works with. */
export interface IndexingParts {
  readonly engines: FolderEngines;
  readonly paused: PausedFolders;
  readonly notices: FailureNotices;
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
  let ids: readonly string[] = [];
  await window.withProgress(
    { location: ProgressLocation.Notification, cancellable: true, title: l10n.t("Indexing") },
    async (progress, token) => {
      const cancel = new AbortController();
      token.onCancellationRequested(() => {
        cancel.abort();
        paused.set(ids, true);
      });
      const report = (message: string) => progress.report({ message: messageText(message) });
      const folders = await thoseToIndex(wanted, cancel.signal, report);
      ids = folders.map(({ folder }) => folder.id);
      paused.set(ids, false);
      for (const each of folders) await indexFolder(each, parts, report);
    },
  );
  if (ids.some((folder) => paused.has(folder))) await offerToResume(id);
}

/** All questions come before the work; none of the folders if it is cancelled at one. */
async function thoseToIndex(
  wanted: readonly FolderEngine[],
  signal: AbortSignal,
  report: (message: string) => void,
): Promise<readonly FolderEngine[]> {
  const folders: FolderEngine[] = [];
  for (const each of wanted) if (await mayIndex(each, signal, report)) folders.push(each);
  return signal.aborted ? [] : folders;
}

async function indexFolder(
  { folder, engine }: FolderEngine,
  { engines, paused, notices, log }: IndexingParts,
  report: (message: string) => void,
): Promise<void> {
  const cancel = new AbortController();
  const stop = () => {
    if (paused.has(folder.id)) cancel.abort();
  };
  const pausing = paused.onDidChange(stop);
  stop();
  const onEvent = (event: IndexEvent) => {
    if (event.type === "progress") report(progressText(folder.name, event));
  };
  const isOpen = () => engines.get(folder.id)?.engine === engine;
  try {
    const { status, filesIndexed, filesInIndex } = await indexThrough(engine, {
      signal: cancel.signal,
      onEvent,
      isOpen,
    });
    if (status === "completed") notices.succeeded(folder);
    log.info(`[${folder.name}] Indexing ${status}. Files indexed: ${filesIndexed}, in the index: ${filesInIndex}.`);
  } catch (error) {
    if (cancel.signal.aborted || !isOpen()) return;
    log.error(`[${folder.name}] ${error instanceof Error ? error.message : String(error)}`);
    notices.tell(folder, error);
  } finally {
    pausing.dispose();
  }
}

function progressText(name: string, { stage, filesDone, filesTotal, commitsRead = 0 }: ProgressEvent): string {
  if (stage === "history") return l10n.t("{0}, commits: {1}", name, commitsRead);
  if (filesTotal === undefined) return l10n.t("{0}, files: {1}", name, filesDone);
  return l10n.t("{0}, files: {1} of {2}", name, filesDone, filesTotal);
}

async function offerToResume(id: string | undefined): Promise<void> {
  const resume = l10n.t("Resume");
  const message = l10n.t("Indexing is paused. What is already indexed can be found.");
  if ((await window.showInformationMessage(message, resume)) === resume)
    await commands.executeCommand("resona.index", id);
}
