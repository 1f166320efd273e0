import { type Memento, commands, l10n, window, workspace } from "vscode";

import type { FolderEngines } from "../folders/folder-engines.ts";
import { hasIndex } from "../folders/index-folder.ts";
import { messageText } from "../text/message-text.ts";

const OFFERED = "walkthroughOffered";

export async function openWalkthrough(): Promise<void> {
  await commands.executeCommand("workbench.action.openWalkthrough", "resona.resona#start", false);
}

/** Says once, in the first folder that could be indexed, what there is to begin with. */
export async function offerWalkthrough(engines: FolderEngines, state: Memento): Promise<void> {
  const [first] = engines.all;
  if (first === undefined || !workspace.isTrusted || state.get(OFFERED) === true) return;
  if (await hasIndex(first.folder)) return;
  await state.update(OFFERED, true);
  const [index, tour] = [l10n.t("Index"), l10n.t("Open Walkthrough")];
  const message = l10n.t("Resona can find code and text in {0} by meaning, on this machine.", first.folder.name);
  const choice = await window.showInformationMessage(messageText(message), index, tour);
  if (choice === index) await commands.executeCommand("resona.index");
  if (choice === tour) await openWalkthrough();
}
