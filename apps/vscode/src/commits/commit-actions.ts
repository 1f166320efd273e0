import { type QuickPickItem, ThemeIcon, Uri, commands, env, window } from "vscode";

import { visible } from "../text/visible.ts";
import type { Wording } from "../text/wording.ts";
import type { CommitDocuments } from "./commit-documents.ts";
import type { FoundCommit } from "./commit-row.ts";

interface Action extends QuickPickItem {
  readonly run: () => unknown;
}

/** Asks what to do with a commit, and does it. */
export async function offerActions(commit: FoundCommit, documents: CommitDocuments, { l10n }: Wording): Promise<void> {
  const { folder, hash, subject, paths } = commit;
  const openFile = (path: string): Action => ({
    label: l10n.t("Open {0}", visible(path)),
    iconPath: new ThemeIcon("go-to-file"),
    run: () => commands.executeCommand("vscode.open", Uri.joinPath(Uri.parse(folder.id), path)),
  });
  const actions: Action[] = [
    { label: l10n.t("Show Message"), iconPath: new ThemeIcon("git-commit"), run: () => documents.show(commit) },
    { label: l10n.t("Copy Hash"), iconPath: new ThemeIcon("copy"), run: () => env.clipboard.writeText(hash) },
    ...paths.map(openFile),
  ];
  const chosen = await window.showQuickPick(actions, { title: visible(subject) });
  await chosen?.run();
}
