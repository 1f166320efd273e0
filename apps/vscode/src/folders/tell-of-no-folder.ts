import { commands, l10n, window, workspace } from "vscode";

/** Says why nothing can be done, where no folder is open that could have an index. */
export async function tellOfNoFolder(): Promise<void> {
  const open = l10n.t("Open Folder");
  const message =
    (workspace.workspaceFolders ?? []).length === 0
      ? l10n.t("No folder is open. Open the folder that your files are in.")
      : l10n.t("The open folders are not on this machine's disk; only folders that are can be indexed.");
  if ((await window.showInformationMessage(message, open)) === open) await commands.executeCommand("vscode.openFolder");
}
