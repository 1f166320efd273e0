import { basename } from "node:path";

import { Disposable, type ExtensionContext, type LogOutputChannel, commands, env, l10n, window } from "vscode";

import { registerCommits } from "../commits/register-commits.ts";
import type { FailureNotices } from "../failures/failure-notices.ts";
import type { FolderEngines } from "../folders/folder-engines.ts";
import { tellOfNoFolder } from "../folders/tell-of-no-folder.ts";
import type { Wording } from "../text/wording.ts";
import { IndexingProgress } from "./indexing-progress.ts";
import { RecentQueries } from "./recent-queries.ts";
import { filterLanguages, filterPaths } from "./results-filters.ts";
import { type ResultNode, ResultsView } from "./results-view.ts";
import { SearchPicker } from "./search-picker.ts";
import { sampleOf, selectedQuery } from "./search-selection.ts";

/** The commands that search files and their history, and the view of what they find. */
export function registerSearch(
  context: ExtensionContext,
  engines: FolderEngines,
  notices: FailureNotices,
  log: LogOutputChannel,
): Disposable {
  const wording: Wording = { l10n, locale: env.language };
  const indexing = new IndexingProgress(engines);
  const view = new ResultsView(engines, indexing, wording);
  const showAll = (query: string) => void view.show({ title: quoted(query), query });
  const parts = { engines, indexing, log, wording, showAll, recent: new RecentQueries(context.workspaceState) };
  let picker: SearchPicker | undefined;
  const setOpen = (opened: SearchPicker | undefined) => {
    picker = opened;
    // Keys have another meaning in the list.
    void commands.executeCommand("setContext", "resona.isSearching", opened !== undefined);
  };
  const search = (query: string) => {
    if (engines.all.length === 0) return void tellOfNoFolder();
    const opened: SearchPicker = new SearchPicker(parts, query, () => {
      if (picker === opened) setOpen(undefined);
    });
    setOpen(opened);
  };
  const onNode = (run: (node: ResultNode) => unknown) => (given: ResultNode | undefined) => {
    const node = given ?? view.marked;
    return node === undefined ? undefined : run(node);
  };
  const handlers: Readonly<Record<string, (node: ResultNode | undefined) => unknown>> = {
    search: () => search(""),
    searchSelection: () => search(selectedQuery(window.activeTextEditor)),
    findSimilar: () => (engines.all.length === 0 ? tellOfNoFolder() : findSimilar(view)),
    "search.openToSide": () => picker?.openAside(),
    "search.showAll": () => picker?.showAll(),
    "results.refresh": () => view.refresh(),
    "results.clear": () => view.clear(),
    "results.filterPaths": () => filterPaths(view),
    "results.filterLanguages": () => filterLanguages(view, engines),
    "results.next": () => view.step(1),
    "results.previous": () => view.step(-1),
    "results.copyAll": () => view.copy(),
    "results.copy": onNode((node) => view.copy(node)),
    "results.peek": onNode((node) => view.peek(node)),
    "results.openToSide": onNode((node) => view.openAside(node)),
    "results.dismiss": onNode((node) => view.dismiss(node)),
  };
  return Disposable.from(
    indexing,
    view,
    registerCommits(engines, indexing, notices, wording),
    ...Object.entries(handlers).map(([name, run]) => commands.registerCommand(`resona.${name}`, run)),
  );
}

async function findSimilar(view: ResultsView): Promise<void> {
  const editor = window.activeTextEditor;
  const sample = editor && (await sampleOf(editor));
  if (sample === undefined) {
    void window.showInformationMessage(l10n.t("Open a file with code to find what is similar to it."));
    return;
  }
  const { query, place } = sample;
  const { startLine, endLine } = place;
  const title = l10n.t("Similar to {0}:{1}-{2}", basename(place.path), startLine, endLine);
  await view.show({ title, query, except: place });
}

/** A long one is cut; all of it can be seen where it was typed. */
function quoted(query: string): string {
  const most = 60;
  return `“${query.length > most ? `${query.slice(0, most)}…` : query}”`;
}
