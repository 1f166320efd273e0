import { env, l10n, window } from "vscode";

import type { FolderEngine } from "../folders/folder-engines.ts";
import { hasIndex } from "../folders/index-folder.ts";

const MANY_FILES = 50_000;

/** Asks before the first index of a folder with very many files is made. */
export async function mayIndex({ folder, engine }: FolderEngine): Promise<boolean> {
  if (await hasIndex(folder)) return true;
  // What keeps the engine from counting keeps it from indexing as well, and is told then.
  const count = await engine.countFiles({ limit: MANY_FILES + 1 }).catch(() => 0);
  if (count <= MANY_FILES) return true;
  const index = l10n.t("Index");
  const choice = await window.showWarningMessage(
    l10n.t("{0} has more than {1} files. Index it?", folder.name, MANY_FILES.toLocaleString(env.language)),
    {
      modal: true,
      detail: l10n.t(
        "The first time can take a while, and what is found by then can be searched meanwhile. Files that git ignores, or .resonaignore names, are left out.",
      ),
    },
    index,
  );
  return choice === index;
}
