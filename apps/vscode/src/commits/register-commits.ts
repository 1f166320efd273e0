import * as vscode from "vscode";

import type { FolderEngines } from "../folders/folder-engines.ts";
import type { IndexingProgress } from "../search/indexing-progress.ts";
import type { Wording } from "../text/wording.ts";
import { offerActions } from "./commit-actions.ts";
import { CommitDocuments } from "./commit-documents.ts";
import { openCommitPicker } from "./commit-picker.ts";
import { indexCommits } from "./index-commits.ts";

/** The commands that index and search the history. */
export function registerCommits(
  engines: FolderEngines,
  indexing: IndexingProgress,
  wording: Wording,
): vscode.Disposable {
  const documents = new CommitDocuments(wording);
  return vscode.Disposable.from(
    documents,
    vscode.commands.registerCommand("resona.searchCommits", () =>
      openCommitPicker({
        engines,
        indexing,
        wording,
        choose: (commit) => void offerActions(commit, documents, wording),
      }),
    ),
    vscode.commands.registerCommand("resona.indexCommits", async (id: unknown) => {
      const one = typeof id === "string" ? engines.get(id) : undefined;
      for (const each of one === undefined ? engines.all : [one]) await indexCommits(each);
    }),
  );
}
