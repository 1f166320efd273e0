import {
  type Tab,
  TabInputCustom,
  TabInputNotebook,
  TabInputText,
  TabInputTextDiff,
  type TextDocumentShowOptions,
  type TextEditor,
  TextEditorRevealType,
  type Uri,
  type ViewColumn,
  commands,
  window,
} from "vscode";

import type { FoundHit } from "./found-hit.ts";
import { rangeOf, uriOf } from "./place-uri.ts";

/** Shows hits in the editor while the user chooses among them, and then what was there before. */
export class EditorPreview {
  readonly #editor: TextEditor | undefined = window.activeTextEditor;
  readonly #selections = window.activeTextEditor?.selections;
  readonly #visibleRange = window.activeTextEditor?.visibleRanges[0];
  /** All is shown in the group of editors that the user was in, wherever else a file may be open. */
  readonly #column: ViewColumn = window.tabGroups.activeTabGroup.viewColumn;
  readonly #activeTab = window.tabGroups.activeTabGroup.activeTab;
  /** Takes the place that the editor has for previews, so one that was there before is gone. */
  readonly #previewTab = window.tabGroups.activeTabGroup.tabs.find(({ isPreview }) => isPreview);
  readonly #openBefore = new Set(window.tabGroups.activeTabGroup.tabs.map(keyOfTab));
  readonly #shown = new Set<string>();
  /** One thing is shown after the other; of those that wait, only the last. */
  #wanted: FoundHit | undefined;
  #work: Promise<void> | undefined;

  show(hit: FoundHit): void {
    this.#wanted = hit;
    this.#work ??= this.#showWanted().finally(() => {
      this.#work = undefined;
    });
  }

  /** Shows nothing more, and resolves when nothing is under way. What is shown stays. */
  async settle(): Promise<void> {
    this.#wanted = undefined;
    await this.#work;
  }

  /** Closes what was only looked at on the way to the hit that has been opened. */
  async closeOthers(hit: FoundHit): Promise<void> {
    this.#shown.delete(uriOf(hit).toString());
    await this.#closeShown();
  }

  /** Shows what was there before. */
  async restore(): Promise<void> {
    await this.settle();
    if (this.#shown.size === 0) return;
    if (this.#activeTab?.isPreview !== true) await this.#restorePreviewTab();
    if (this.#activeTab !== undefined) await this.#restoreActiveTab(this.#activeTab);
    await this.#closeShown();
  }

  async #showWanted(): Promise<void> {
    while (this.#wanted !== undefined) {
      const hit = this.#wanted;
      this.#wanted = undefined;
      const uri = uriOf(hit);
      this.#shown.add(uri.toString());
      try {
        const options = { viewColumn: this.#column, preview: true, preserveFocus: true, selection: rangeOf(hit) };
        const editor = await window.showTextDocument(uri, options);
        editor.revealRange(rangeOf(hit), TextEditorRevealType.InCenterIfOutsideViewport);
      } catch {
        // A file that is gone is told when it is opened.
      }
    }
  }

  async #restorePreviewTab(): Promise<void> {
    const tab = this.#previewTab;
    if (tab === undefined || this.#isOpen(tab)) return;
    await openTab(tab, { viewColumn: this.#column, preview: true, preserveFocus: true });
  }

  async #restoreActiveTab(tab: Tab): Promise<void> {
    // One that is still open, with nothing shown in it since, knows its state itself.
    const isUntouched = this.#isOpen(tab) && !this.#shown.has(keyOfTab(tab) ?? "");
    // With another document in it, the editor would lose the focus that it has back from the list.
    const options = { viewColumn: this.#column, preview: tab.isPreview };
    const document = this.#editor?.document;
    // In a comparison, the document is one of its sides, which has no tab of its own.
    if (!(tab.input instanceof TabInputText) || document?.uri.toString() !== tab.input.uri.toString()) {
      await openTab(tab, options);
      return;
    }
    const editor = await window.showTextDocument(document, options);
    if (isUntouched) return;
    if (this.#selections !== undefined) editor.selections = this.#selections;
    if (this.#visibleRange !== undefined) editor.revealRange(this.#visibleRange, TextEditorRevealType.AtTop);
  }

  /** The editor that was active before is so again. */
  async #closeShown(): Promise<void> {
    const left = this.#tabs.filter((tab) => this.#isLeftOver(tab));
    if (left.length > 0) await window.tabGroups.close(left, true);
  }

  /** Whether or not it is a preview: the user may have said that there be none. */
  #isLeftOver(tab: Tab): boolean {
    const key = keyOfTab(tab);
    return key !== undefined && !tab.isDirty && this.#shown.has(key) && !this.#openBefore.has(key);
  }

  #isOpen(tab: Tab): boolean {
    const key = keyOfTab(tab);
    return key !== undefined && this.#tabs.some((other) => keyOfTab(other) === key);
  }

  get #tabs(): readonly Tab[] {
    return window.tabGroups.all.find(({ viewColumn }) => viewColumn === this.#column)?.tabs ?? [];
  }
}

/** What a tab shows, and as what, for those that can be opened from here. A text is named by its address alone. */
function keyOfTab({ input }: Tab): string | undefined {
  if (input instanceof TabInputText) return input.uri.toString();
  if (input instanceof TabInputTextDiff) return JSON.stringify([input.original.toString(), input.modified.toString()]);
  if (input instanceof TabInputNotebook) return JSON.stringify([input.notebookType, input.uri.toString()]);
  return input instanceof TabInputCustom ? JSON.stringify([input.viewType, input.uri.toString()]) : undefined;
}

async function openTab({ input, label }: Tab, options: TextDocumentShowOptions): Promise<void> {
  if (input instanceof TabInputTextDiff) {
    await commands.executeCommand("vscode.diff", input.original, input.modified, label, options);
    return;
  }
  const openWith = (uri: Uri, viewType: string) => commands.executeCommand("vscode.openWith", uri, viewType, options);
  if (input instanceof TabInputText) await openWith(input.uri, "default");
  else if (input instanceof TabInputNotebook) await openWith(input.uri, input.notebookType);
  else if (input instanceof TabInputCustom) await openWith(input.uri, input.viewType);
}
