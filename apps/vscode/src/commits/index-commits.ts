import { ProgressLocation, l10n, window } from "vscode";

import type { FailureNotices } from "../failures/failure-notices.ts";
import type { FolderEngine } from "../folders/folder-engines.ts";
import { messageText } from "../text/message-text.ts";

/**
 * Indexes the history of a folder and shows how far that is. What has been done stays when it is cancelled.
 *
 * @returns false if it was cancelled.
 */
export async function indexCommits({ folder, engine }: FolderEngine, notices: FailureNotices): Promise<boolean> {
  const cancel = new AbortController();
  const title = messageText(l10n.t("Indexing the history of {0}", folder.name));
  await window.withProgress(
    { location: ProgressLocation.Notification, cancellable: true, title },
    async (progress, token) => {
      token.onCancellationRequested(() => cancel.abort());
      try {
        const summary = await engine.indexCommits({
          signal: cancel.signal,
          onEvent: (event) => {
            if (event.type === "item-progress") progress.report({ message: l10n.t("{0} commits", event.itemsRead) });
          },
        });
        if (summary.status === "no-history")
          void window.showInformationMessage(messageText(`${folder.name}: ${summary.reason}`));
      } catch (error) {
        if (!cancel.signal.aborted) notices.tell(folder, error);
      }
    },
  );
  return !cancel.signal.aborted;
}
