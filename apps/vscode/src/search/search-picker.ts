import { isDeepStrictEqual } from "node:util";

import type { SearchResult } from "@resona/core";
import {
  Disposable,
  type LogOutputChannel,
  type QuickInputButton,
  type QuickPick,
  type QuickPickItem,
  QuickPickItemKind,
  ThemeIcon,
  type Uri,
  commands,
  window,
} from "vscode";

import type { FolderEngines } from "../folders/folder-engines.ts";
import type { Wording } from "../text/wording.ts";
import { type FolderAnswer, askFolders } from "./ask-folders.ts";
import { EditorPreview } from "./editor-preview.ts";
import { type FoundHit, keyOf } from "./found-hit.ts";
import type { IndexingProgress } from "./indexing-progress.ts";
import { aside, openHit } from "./open-hit.ts";
import { uriOf } from "./place-uri.ts";
import { QuerySession, type QueryView } from "./query-session.ts";
import type { RecentQueries } from "./recent-queries.ts";
import { type RowSurroundings, type SearchAnswers, type SearchRow, searchRows, searchTitle } from "./search-row.ts";

/** What the list can be scrolled through by hand; all of it is for the view. */
const MOST_HITS = 20;
/** A hit is previewed when the user has stayed at it for so long, in milliseconds. */
const PREVIEW_MS = 120;
/** While the list is empty, it is looked again so often whether there is something by now, in milliseconds. */
const LOOK_AGAIN_MS = 1_000;

export interface SearchParts {
  readonly engines: FolderEngines;
  readonly recent: RecentQueries;
  readonly indexing: IndexingProgress;
  readonly log: LogOutputChannel;
  readonly wording: Wording;
  readonly showAll: (query: string) => void;
}

interface RowItem extends QuickPickItem {
  readonly row: SearchRow;
  /** For the icon of the file; the editor's older versions know nothing of it. */
  readonly resourceUri?: Uri;
}

/** The order of the items is that of their rank. Without this, the editor puts first those whose names have the query. */
type RankedQuickPick<T extends QuickPickItem> = QuickPick<T> & { sortByLabel?: boolean };

/** The list in which a query is typed and what was found is looked through. Opens when it is made. */
export class SearchPicker {
  readonly #parts: SearchParts;
  readonly #pick: RankedQuickPick<RowItem> = window.createQuickPick<RowItem>();
  readonly #session: QuerySession<SearchAnswers>;
  readonly #preview = new EditorPreview();
  readonly #subscriptions: Disposable;
  readonly #showAllButton: QuickInputButton;
  readonly #asideButton: QuickInputButton;
  readonly #forgetButton: QuickInputButton;
  #previewTimer: NodeJS.Timeout | undefined;
  #lookTimer: NodeJS.Timeout | undefined;
  #rows: readonly SearchRow[] = [];
  /** What the user is at. The editor tells that of new rows a moment after it has got them. */
  #active: SearchRow | undefined;
  #rendered: QueryView<SearchAnswers>["answer"];
  /** Set when a hit is opened, so that what was there before is not shown again. */
  #isChosen = false;

  /** @param onClose is called when it is closed, whatever was chosen. */
  constructor(parts: SearchParts, query: string, onClose: () => void) {
    this.#parts = parts;
    const { l10n } = parts.wording;
    this.#showAllButton = { iconPath: new ThemeIcon("list-tree"), tooltip: l10n.t("Show All in View") };
    this.#asideButton = { iconPath: new ThemeIcon("split-horizontal"), tooltip: l10n.t("Open to the Side") };
    this.#forgetButton = { iconPath: new ThemeIcon("close"), tooltip: l10n.t("Forget") };
    this.#session = new QuerySession(
      (text, signal) =>
        askFolders(parts.engines.all, (engine) => engine.search(text, { limit: MOST_HITS, signal }), signal),
      (view) => this.#render(view),
    );
    const pick = this.#pick;
    this.#subscriptions = Disposable.from(
      pick,
      pick.onDidChangeValue((value) => this.#session.setQuery(value)),
      pick.onDidChangeActive(([item]) => {
        this.#active = item?.row;
        this.#previewSoon(item?.row);
      }),
      pick.onDidAccept(() => this.#accept()),
      pick.onDidTriggerItemButton(({ item, button }) => {
        if (button === this.#forgetButton) this.#forget(item.row);
        else this.#openAside(item.row);
      }),
      pick.onDidTriggerButton(() => this.showAll()),
      pick.onDidHide(() => {
        this.#close();
        onClose();
      }),
      parts.indexing.onDidChange(() => this.#lookAgainSoon()),
      parts.indexing.onDidEndRun(() => this.#lookAgain()),
    );
    this.#begin(query);
  }

  /** Opens the hit that the user is at beside what was open. */
  openAside(): void {
    this.#session.whenAnswered(() => this.#openAside(this.#active));
  }

  showAll(): void {
    const { query } = this.#session.view;
    if (query === "") return;
    this.#parts.recent.add(query);
    this.#parts.showAll(query);
    this.#pick.hide();
  }

  #begin(query: string): void {
    const pick = this.#pick;
    const { l10n } = this.#parts.wording;
    pick.placeholder = l10n.t("Ask a question, or type a name");
    pick.sortByLabel = false;
    pick.keepScrollPosition = true;
    pick.value = query;
    this.#render(this.#session.view);
    this.#session.setQuery(query);
    pick.show();
    // So that the first query does not wait for them.
    for (const { engine } of this.#parts.engines.all) engine.start().catch(() => undefined);
  }

  #render(view: QueryView<SearchAnswers>): void {
    const pick = this.#pick;
    const { wording } = this.#parts;
    const surroundings = this.#surroundings();
    pick.busy = view.isBusy;
    pick.title = searchTitle(view, surroundings, wording);
    pick.buttons = view.query === "" ? [] : [this.#showAllButton];
    const isAnswerToSame = view.answer?.query === this.#rendered?.query;
    if (view.answer !== this.#rendered) this.#report(view);
    this.#rendered = view.answer;
    const at = identityOf(this.#active);
    const rows = searchRows(view, surroundings, wording);
    if (isDeepStrictEqual(rows, this.#rows)) return;
    this.#rows = rows;
    const items = rows.map((row) => this.#itemOf(row));
    pick.items = items;
    // The first row is the active one, unless the user was at another one of the same list.
    const same = isAnswerToSame ? items.find(({ row }) => at !== undefined && identityOf(row) === at) : undefined;
    if (same !== undefined) pick.activeItems = [same];
    this.#active = same?.row ?? rows.find(({ kind }) => kind !== "separator");
  }

  #surroundings(): RowSurroundings {
    const { engines, recent, indexing } = this.#parts;
    return {
      isMultiRoot: engines.all.length > 1,
      recent: recent.all,
      runOf: (folder) => indexing.runOf(folder),
      shareOf: (folder) => indexing.shareOf(folder),
    };
  }

  #itemOf(row: SearchRow): RowItem {
    switch (row.kind) {
      case "separator":
        return { row, label: row.label, kind: QuickPickItemKind.Separator };
      case "recent":
        return {
          row,
          label: row.label,
          iconPath: new ThemeIcon("history"),
          buttons: [this.#forgetButton],
          alwaysShow: true,
        };
      case "action":
        return { row, label: row.label, detail: row.detail, iconPath: new ThemeIcon(row.icon), alwaysShow: true };
      case "hit":
        return {
          row,
          label: row.label,
          description: row.description,
          detail: row.detail,
          iconPath: ThemeIcon.File,
          resourceUri: uriOf(row.hit),
          buttons: [this.#asideButton],
          alwaysShow: true,
        };
    }
  }

  #previewSoon(row: SearchRow | undefined): void {
    clearTimeout(this.#previewTimer);
    if (row?.kind === "hit") this.#previewTimer = setTimeout(() => this.#preview.show(row.hit), PREVIEW_MS);
  }

  #accept(): void {
    const row = this.#active;
    if (row?.kind === "recent") this.#ask(row.query);
    else if (row?.kind === "action" && row.command !== undefined) {
      const { id, args, keepsOpen } = row.command;
      if (!keepsOpen) this.#pick.hide();
      void commands.executeCommand(id, ...args);
    }
    // The hit of a query that was typed on since is not what was asked for. What only then turns out to be no hit is
    // not done: nobody has seen it.
    else this.#session.whenAnswered(() => this.#open(this.#active));
  }

  #open(row: SearchRow | undefined): void {
    if (row?.kind === "hit") void this.#choose(row.hit, false);
  }

  #openAside(row: SearchRow | undefined): void {
    if (row?.kind === "hit") void this.#choose(row.hit, true);
  }

  async #choose(hit: FoundHit, isAside: boolean): Promise<void> {
    this.#isChosen = true;
    this.#parts.recent.add(this.#session.view.query);
    this.#pick.hide();
    clearTimeout(this.#previewTimer);
    // What is still being shown would move the cursor away again.
    await (isAside ? this.#preview.restore() : this.#preview.settle());
    await openHit(hit, { ...(isAside ? aside() : {}), preview: false });
    if (!isAside) await this.#preview.closeOthers(hit);
  }

  #ask(query: string): void {
    this.#pick.value = query;
    this.#session.setQuery(query);
  }

  #forget(row: SearchRow): void {
    if (row.kind !== "recent") return;
    this.#parts.recent.remove(row.query);
    this.#render(this.#session.view);
  }

  /** The index has changed: there may be answers where there were none, and better ones where not all was indexed. */
  #lookAgain(): void {
    clearTimeout(this.#lookTimer);
    this.#lookTimer = undefined;
    if (hasGaps(this.#session.view)) this.#session.searchAgain();
  }

  /** What the user is looking through stays as it is until the run is over; only how far it is changes. */
  #lookAgainSoon(): void {
    const { view } = this.#session;
    if (!hasGaps(view)) return;
    if (this.#pick.items.some(({ row }) => row.kind === "hit")) {
      this.#pick.title = searchTitle(view, this.#surroundings(), this.#parts.wording);
      return;
    }
    this.#render(view);
    this.#lookTimer ??= setTimeout(() => this.#lookAgain(), LOOK_AGAIN_MS);
  }

  #report({ answer }: QueryView<SearchAnswers>): void {
    if (answer === undefined || !("value" in answer)) return;
    const inEngine = answer.value.map((one) => ("result" in one ? one.result.durationMs : 0));
    this.#parts.log.debug(
      `Search: ${answer.latencyMs.toFixed(0)} ms from the keystroke, ${Math.max(0, ...inEngine).toFixed(0)} ms of it in the engine.`,
    );
  }

  #close(): void {
    clearTimeout(this.#previewTimer);
    clearTimeout(this.#lookTimer);
    this.#session.close();
    this.#subscriptions.dispose();
    if (!this.#isChosen) void this.#preview.restore();
  }
}

function hasGaps({ answer }: QueryView<readonly FolderAnswer<SearchResult>[]>): boolean {
  if (answer === undefined || !("value" in answer)) return false;
  return answer.value.some((one) => "error" in one || !one.result.indexComplete);
}

/** Of a row that stays the same while the list changes. */
function identityOf(row: SearchRow | undefined): string | undefined {
  return row?.kind === "hit" ? keyOf(row.hit) : undefined;
}
