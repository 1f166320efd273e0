import { ProgressLocation, l10n, window } from "vscode";

import { tellFailure } from "../failures/tell-failure.ts";
import type { FolderEngine } from "../folders/folder-engines.ts";

/** Indexes the history of a folder and shows how far that is. What has been done stays when it is cancelled. */
export async function indexCommits({ folder, engine }: FolderEngine): Promise<void> {
  const cancel = new AbortController();
  const title = l10n.t("Indexing the history of {0}", folder.name);
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
        if (summary.status === "no-history") void window.showInformationMessage(`${folder.name}: ${summary.reason}`);
      } catch (error) {
        if (!cancel.signal.aborted) void tellFailure(error, folder);
      }
    },
  );
}
