import { isDeepStrictEqual } from "node:util";

import { Disposable, type QuickPick, type QuickPickItem, ThemeIcon, commands, window } from "vscode";

import type { FolderEngines } from "../folders/folder-engines.ts";
import { askFolders } from "../search/ask-folders.ts";
import type { IndexingProgress } from "../search/indexing-progress.ts";
import { QuerySession, type QueryView } from "../search/query-session.ts";
import type { ActionRow } from "../search/search-row.ts";
import type { Wording } from "../text/wording.ts";
import { type CommitAnswers, type CommitRow, type FoundCommit, commitRows } from "./commit-row.ts";

const MOST_HITS = 20;

export interface CommitSearchParts {
  readonly engines: FolderEngines;
  readonly indexing: IndexingProgress;
  readonly wording: Wording;
  readonly choose: (commit: FoundCommit) => void;
}

interface RowItem extends QuickPickItem {
  readonly row: CommitRow | ActionRow;
}

/** Opens the list in which the history is searched. */
export function openCommitPicker({ engines, indexing, wording, choose }: CommitSearchParts): void {
  const { l10n } = wording;
  // As for files (`search-picker.ts`), the order is that of rank.
  const pick: QuickPick<RowItem> & { sortByLabel?: boolean } = window.createQuickPick<RowItem>();
  pick.sortByLabel = false;
  pick.title = l10n.t("Search Commits");
  pick.placeholder = l10n.t("What was changed, and why?");
  // The editor tells what is active of new rows a moment after it has got them.
  let active: CommitRow | ActionRow | undefined;
  let shown: readonly (CommitRow | ActionRow)[] = [];
  const render = (view: QueryView<CommitAnswers>) => {
    pick.busy = view.isBusy;
    const surroundings = {
      isMultiRoot: engines.all.length > 1,
      now: new Date(),
      runOf: (folder: string) => indexing.runOf(folder),
      shareOf: (folder: string) => indexing.shareOf(folder),
    };
    const rows = commitRows(view, surroundings, wording);
    // Where nothing is new, the user stays at the row that they are at.
    if (isDeepStrictEqual(rows, shown)) return;
    shown = rows;
    pick.items = rows.map(itemOf);
    [active] = rows;
  };
  const session = new QuerySession<CommitAnswers>(
    (query, signal) =>
      askFolders(engines.all, (engine) => engine.searchCommits(query, { limit: MOST_HITS, signal }), signal),
    render,
  );
  const openActive = () => {
    if (active?.kind !== "commit") return;
    pick.hide();
    choose(active.commit);
  };
  const subscriptions = Disposable.from(
    pick,
    pick.onDidChangeValue((value) => session.setQuery(value)),
    pick.onDidChangeActive(([item]) => {
      active = item?.row;
    }),
    pick.onDidAccept(() => {
      if (active?.kind === "action" && active.command !== undefined) {
        const { id, args, keepsOpen } = active.command;
        if (!keepsOpen) pick.hide();
        void commands.executeCommand(id, ...args);
      } else session.whenAnswered(openActive);
    }),
    indexing.onDidChange(() => {
      if (hasFailed(session.view)) render(session.view);
    }),
    // The history may be there now.
    indexing.onDidEndRun(() => {
      if (hasFailed(session.view)) session.searchAgain();
    }),
    pick.onDidHide(() => {
      session.close();
      subscriptions.dispose();
    }),
  );
  pick.show();
  for (const { engine } of engines.all) engine.start().catch(() => undefined);
}

function itemOf(row: CommitRow | ActionRow): RowItem {
  if (row.kind === "action")
    return { row, label: row.label, detail: row.detail, iconPath: new ThemeIcon(row.icon), alwaysShow: true };
  const { label, description, detail } = row;
  return { row, label, description, detail, iconPath: new ThemeIcon("git-commit"), alwaysShow: true };
}

function hasFailed({ answer }: QueryView<CommitAnswers>): boolean {
  return answer !== undefined && "value" in answer && answer.value.some((one) => "error" in one);
}
