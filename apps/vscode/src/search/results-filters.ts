import { l10n, window } from "vscode";

import type { FolderEngines } from "../folders/folder-engines.ts";
import { globsOf } from "./results-text.ts";
import type { ResultsView } from "./results-view.ts";

/** Asks which paths to restrict the results to. */
export async function filterPaths(view: ResultsView): Promise<void> {
  const text = await window.showInputBox({
    title: l10n.t("Filter by Path"),
    prompt: l10n.t("Glob patterns, separated by commas; ! excludes. Leave empty for all files."),
    placeHolder: "src/**, !**/*.test.ts",
    value: view.filters.pathGlobs.join(", "),
  });
  if (text !== undefined) await view.filter({ pathGlobs: globsOf(text) });
}

/** Asks which languages to restrict the results to, of those that the indexes have. */
export async function filterLanguages(view: ResultsView, engines: FolderEngines): Promise<void> {
  const items = languagesOf(engines).then((languages) =>
    languages.map((label) => ({ label, picked: view.filters.languages.includes(label) })),
  );
  const picked = await window.showQuickPick(items, {
    title: l10n.t("Filter by Language"),
    placeHolder: l10n.t("Select none for all languages"),
    canPickMany: true,
  });
  if (picked !== undefined) await view.filter({ languages: picked.map(({ label }) => label) });
}

async function languagesOf(engines: FolderEngines): Promise<string[]> {
  const stats = await Promise.allSettled(engines.all.map(({ engine }) => engine.stats()));
  const names = stats.flatMap((one) => (one.status === "fulfilled" ? one.value.languages : []));
  return [...new Set(names.map(({ language }) => language))].toSorted();
}
