import { Disposable, commands } from "vscode";

import type { FailureNotices } from "../failures/failure-notices.ts";
import type { FolderEngines } from "../folders/folder-engines.ts";
import { tellOfNoFolder } from "../folders/tell-of-no-folder.ts";
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
  notices: FailureNotices,
  wording: Wording,
): Disposable {
  const documents = new CommitDocuments(wording);
  return Disposable.from(
    documents,
    commands.registerCommand("resona.searchCommits", () =>
      engines.all.length === 0
        ? tellOfNoFolder()
        : openCommitPicker({
            engines,
            indexing,
            wording,
            choose: (commit) => void offerActions(commit, documents, wording),
          }),
    ),
    commands.registerCommand("resona.indexCommits", async (id: unknown) => {
      const one = typeof id === "string" ? engines.get(id) : undefined;
      if (engines.all.length === 0) await tellOfNoFolder();
      for (const each of one === undefined ? engines.all : [one]) if (!(await indexCommits(each, notices))) break;
    }),
  );
}
