import type { SearchOptions } from "@resona/core";
import {
  Disposable,
  EventEmitter,
  Location,
  MarkdownString,
  ThemeIcon,
  type TreeDataProvider,
  TreeItem,
  TreeItemCollapsibleState,
  type TreeView,
  commands,
  env,
  window,
} from "vscode";

import type { FolderEngines } from "../folders/folder-engines.ts";
import { visible } from "../text/visible.ts";
import type { Wording } from "../text/wording.ts";
import { askFolders } from "./ask-folders.ts";
import { contextText } from "./context-text.ts";
import { type FoundHit, type Place, keyOf, mergeHits, overlaps } from "./found-hit.ts";
import type { IndexingProgress } from "./indexing-progress.ts";
import { aside, openHit } from "./open-hit.ts";
import { lineRangeOf, positionOf, uriOf } from "./place-uri.ts";
import { type ResultFile, ResultList } from "./result-list.ts";
import { type ResultFilters, filtersText, resultsText } from "./results-text.ts";
import { type SearchAnswers, fileName, placeText } from "./search-row.ts";

/** As many as the engine gives. */
const MOST_HITS = 100;

/** What the view is asked to show. */
export interface ResultsRequest {
  /** How the list is called. */
  readonly title: string;
  readonly query: string;
  /** Left out, as it is what similar places are looked for. */
  readonly except?: Place;
}

export type ResultNode = ResultFile | FoundHit;

const VIEW = "resona.results";
const noFilters: ResultFilters = { pathGlobs: [], languages: [] };

/** The view of all results of a search, grouped by file. */
export class ResultsView implements TreeDataProvider<ResultNode> {
  readonly #engines: FolderEngines;
  readonly #indexing: IndexingProgress;
  readonly #wording: Wording;
  readonly #changed = new EventEmitter<void>();
  readonly #tree: TreeView<ResultNode>;
  readonly #subscriptions: Disposable;
  #request: ResultsRequest | undefined;
  #filters: ResultFilters = noFilters;
  #answers: SearchAnswers = [];
  #list = new ResultList([]);
  /** Where the user is, going from result to result. */
  #current: FoundHit | undefined;
  #selection: readonly ResultNode[] = [];
  #marked: ResultNode | undefined;
  #running: AbortController | undefined;

  constructor(engines: FolderEngines, indexing: IndexingProgress, wording: Wording) {
    this.#engines = engines;
    this.#indexing = indexing;
    this.#wording = wording;
    this.#tree = window.createTreeView<ResultNode>(VIEW, { treeDataProvider: this, showCollapseAll: true });
    this.#subscriptions = Disposable.from(
      this.#tree,
      this.#changed,
      this.#tree.onDidChangeSelection(({ selection }) => {
        const [node] = selection;
        if (node !== undefined) [this.#current] = hitsOf(node);
        const onlyIn = (some: readonly ResultNode[], others: readonly ResultNode[]) =>
          some.find((one) => !others.includes(one));
        this.#marked = onlyIn(selection, this.#selection) ?? onlyIn(this.#selection, selection);
        this.#selection = selection;
      }),
      indexing.onDidChange(() => this.#describe()),
      indexing.onDidEndRun(() => {
        if (this.#answers.some((answer) => "error" in answer || !answer.result.indexComplete)) void this.refresh();
      }),
    );
  }

  get onDidChangeTreeData(): EventEmitter<void>["event"] {
    return this.#changed.event;
  }

  get filters(): ResultFilters {
    return this.#filters;
  }

  /**
   * What was selected last, or is no more since; for commands that come by key. The keys move a focus, of which the
   * editor tells nobody, and select nothing; so `list.toggleSelection`, which opens nothing, comes before the commands.
   */
  get marked(): ResultNode | undefined {
    return this.#marked;
  }

  dispose(): void {
    this.#running?.abort();
    this.#subscriptions.dispose();
  }

  /** Searches and shows all that is found, and the view with it. */
  async show(request: ResultsRequest): Promise<void> {
    this.#request = request;
    this.#current = undefined;
    await commands.executeCommand(`${VIEW}.focus`);
    await this.refresh();
  }

  /** Searches for the same again. */
  async refresh(): Promise<void> {
    const request = this.#request;
    if (request === undefined) return;
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    await window.withProgress({ location: { viewId: VIEW } }, () => this.#search(request, running.signal));
  }

  clear(): void {
    this.#running?.abort();
    this.#request = undefined;
    this.#filters = noFilters;
    this.#setAnswers([]);
  }

  /** Searches again with these instead of those that there were. */
  async filter(filters: Partial<ResultFilters>): Promise<void> {
    this.#filters = { ...this.#filters, ...filters };
    this.#describe();
    await this.refresh();
  }

  /** Takes a result, or all of a file, out of the list. */
  dismiss(node: ResultNode): void {
    this.#setList(this.#list.without(hitsOf(node)));
  }

  /** Opens the result after the last one that was looked at, or the one before. */
  async step(by: 1 | -1): Promise<void> {
    const hit = this.#list.step(this.#current, by);
    if (hit === undefined) return;
    this.#current = hit;
    await this.#tree.reveal(hit, { select: true, focus: false });
    await openHit(hit);
  }

  async openAside(node: ResultNode): Promise<void> {
    const [hit] = hitsOf(node);
    await openHit(hit, aside());
  }

  /** Shows all results in a list inside of the editor, beginning with this one. */
  async peek(node: ResultNode): Promise<void> {
    const [hit] = hitsOf(node);
    await openHit(hit);
    const locations = this.#list.hits.map((one) => new Location(uriOf(one), lineRangeOf(one)));
    await commands.executeCommand("editor.action.peekLocations", uriOf(hit), positionOf(hit), locations, "peek");
  }

  /** Copies a result, all of a file or all there are, to be pasted where context is asked for. */
  async copy(node?: ResultNode): Promise<void> {
    const hits = node === undefined ? this.#list.hits : hitsOf(node);
    await env.clipboard.writeText(contextText(hits, this.#isMultiRoot));
  }

  getChildren(node?: ResultNode): ResultNode[] {
    if (node === undefined) return [...this.#list.files];
    return isFile(node) ? [...node.hits] : [];
  }

  getParent(node: ResultNode): ResultNode | undefined {
    return isFile(node) ? undefined : this.#list.fileOf(node);
  }

  getTreeItem(node: ResultNode): TreeItem {
    return isFile(node) ? this.#fileItem(node) : this.#hitItem(node);
  }

  get #isMultiRoot(): boolean {
    return this.#engines.all.length > 1;
  }

  async #search({ query, except }: ResultsRequest, signal: AbortSignal): Promise<void> {
    const options: SearchOptions = { limit: MOST_HITS, ...this.#filters, signal };
    try {
      for await (const answers of askFolders(this.#engines.all, (engine) => engine.search(query, options), signal)) {
        if (signal.aborted) return;
        this.#setAnswers(answers, except);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #setAnswers(answers: SearchAnswers, except?: Place): void {
    this.#answers = answers;
    this.#setList(new ResultList(mergeHits(answers).filter((hit) => except === undefined || !overlaps(hit, except))));
  }

  #setList(list: ResultList): void {
    this.#list = list;
    this.#describe();
    this.#changed.fire();
    void commands.executeCommand("setContext", "resona.hasSearched", this.#request !== undefined);
    void commands.executeCommand("setContext", "resona.hasResults", list.hits.length > 0);
  }

  #describe(): void {
    this.#tree.description = filtersText(this.#filters);
    this.#tree.message =
      this.#request === undefined
        ? ""
        : resultsText(
            { title: this.#request.title, count: this.#list.hits.length, answers: this.#answers },
            {
              runOf: (folder) => this.#indexing.runOf(folder),
              shareOf: (folder) => this.#indexing.shareOf(folder),
            },
            this.#wording,
          );
  }

  #fileItem({ path, hits }: ResultFile): TreeItem {
    const [hit] = hits;
    const item = new TreeItem(fileName(hit), TreeItemCollapsibleState.Expanded);
    item.id = path;
    item.resourceUri = uriOf(hit);
    item.iconPath = ThemeIcon.File;
    item.description = placeText(hit, this.#isMultiRoot);
    item.contextValue = "file";
    const { l10n } = this.#wording;
    item.accessibilityInformation = { label: l10n.t("{0}, results: {1}", visible(hit.path), hits.length) };
    return item;
  }

  #hitItem(hit: FoundHit): TreeItem {
    const { l10n } = this.#wording;
    // The number first, as a narrow view cuts off the end.
    const item = new TreeItem(`${hit.line}: ${visible(hit.lineText)}`, TreeItemCollapsibleState.None);
    item.id = keyOf(hit);
    item.tooltip = new MarkdownString().appendCodeblock(hit.snippet, hit.language);
    item.contextValue = "hit";
    item.accessibilityInformation = {
      label: l10n.t("{0}, line {1} of {2}", visible(hit.lineText), hit.line, visible(hit.path)),
    };
    const position = positionOf(hit);
    // The editor adds where the focus goes: a click leaves it in the list, Enter and a double click take it along.
    item.command = {
      command: "vscode.open",
      title: l10n.t("Open"),
      arguments: [uriOf(hit), { selection: { start: position, end: position } }],
    };
    return item;
  }
}

function isFile(node: ResultNode): node is ResultFile {
  return "hits" in node;
}

function hitsOf(node: ResultNode): readonly [FoundHit, ...FoundHit[]] {
  return isFile(node) ? node.hits : [node];
}
