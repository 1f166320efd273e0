import { env, l10n, window } from "vscode";

import type { FolderEngine } from "../folders/folder-engines.ts";
import { hasIndex } from "../folders/index-folder.ts";
import { messageText } from "../text/message-text.ts";

const MANY_FILES = 50_000;

/**
 * Asks before the first index of a folder with very many files is made.
 *
 * @param signal ends the counting of its files; then it is not indexed.
 * @param report is told what is being done.
 */
export async function mayIndex(
  { folder, engine }: FolderEngine,
  signal: AbortSignal,
  report: (message: string) => void,
): Promise<boolean> {
  if (await hasIndex(folder)) return true;
  report(l10n.t("counting the files of {0}", folder.name));
  // What keeps the engine from counting keeps it from indexing as well, and is told then.
  const count = await engine.countFiles({ limit: MANY_FILES + 1, signal }).catch(() => 0);
  if (signal.aborted) return false;
  if (count <= MANY_FILES) return true;
  const index = l10n.t("Index");
  const choice = await window.showWarningMessage(
    messageText(l10n.t("{0} has more than {1} files. Index it?", folder.name, MANY_FILES.toLocaleString(env.language))),
    {
      modal: true,
      detail: l10n.t(
        "The first time can take a while; what is indexed by then can already be searched. Files that git ignores, or .resonaignore names, are left out.",
      ),
    },
    index,
  );
  return choice === index;
}
