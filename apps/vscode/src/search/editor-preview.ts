import {
  type Tab,
  TabInputCustom,
  TabInputNotebook,
  TabInputText,
  type TextEditor,
  TextEditorRevealType,
  type Uri,
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
  readonly #activeTab = window.tabGroups.activeTabGroup.activeTab;
  /** Takes the place that the editor has for previews, so one that was there before is gone. */
  readonly #previewTab = window.tabGroups.activeTabGroup.tabs.find(({ isPreview }) => isPreview);
  readonly #openBefore = new Set(window.tabGroups.activeTabGroup.tabs.map((tab) => uriOfTab(tab)?.toString()));
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

  /** Shows what was there before. */
  async restore(): Promise<void> {
    await this.settle();
    if (this.#shown.size === 0) return;
    const isUntouched = this.#isUntouched();
    await this.#restorePreviewTab();
    if (this.#editor !== undefined && this.#activeTab !== undefined)
      await this.#restoreEditor(this.#editor, isUntouched);
    const left = window.tabGroups.activeTabGroup.tabs.filter((tab) => this.#isLeftOver(tab));
    // The editor that was active before is so again.
    if (left.length > 0) await window.tabGroups.close(left, true);
  }

  async #showWanted(): Promise<void> {
    while (this.#wanted !== undefined) {
      const hit = this.#wanted;
      this.#wanted = undefined;
      const uri = uriOf(hit);
      this.#shown.add(uri.toString());
      try {
        const options = { preview: true, preserveFocus: true, selection: rangeOf(hit) };
        const editor = await window.showTextDocument(uri, options);
        editor.revealRange(rangeOf(hit), TextEditorRevealType.InCenterIfOutsideViewport);
      } catch {
        // A file that is gone is told when it is opened.
      }
    }
  }

  /** If it was the active one, it is opened as such. */
  async #restorePreviewTab(): Promise<void> {
    const tab = this.#previewTab;
    const uri = tab && uriOfTab(tab);
    if (uri === undefined || isOpen(uri) || uri.toString() === this.#editor?.document.uri.toString()) return;
    await openAgain(tab, uri);
  }

  /** Whether the editor that was active is still open, with nothing shown in it since. It knows its state itself. */
  #isUntouched(): boolean {
    const uri = this.#editor?.document.uri;
    return uri !== undefined && isOpen(uri) && !this.#shown.has(uri.toString());
  }

  async #restoreEditor({ document, viewColumn }: TextEditor, isUntouched: boolean): Promise<void> {
    const { isPreview } = this.#activeTab ?? { isPreview: false };
    // With another document in it, the editor would lose the focus that it has back from the list.
    const editor = await window.showTextDocument(document, {
      preview: isPreview,
      ...(viewColumn === undefined ? {} : { viewColumn }),
    });
    if (isUntouched) return;
    if (this.#selections !== undefined) editor.selections = this.#selections;
    if (this.#visibleRange !== undefined) editor.revealRange(this.#visibleRange, TextEditorRevealType.AtTop);
  }

  #isLeftOver(tab: Tab): boolean {
    const uri = uriOfTab(tab)?.toString();
    if (uri === undefined || !tab.isPreview || tab.isDirty) return false;
    return this.#shown.has(uri) && !this.#openBefore.has(uri);
  }
}

function isOpen(uri: Uri): boolean {
  const { tabs } = window.tabGroups.activeTabGroup;
  return tabs.some((tab) => uriOfTab(tab)?.toString() === uri.toString());
}

/** A text, a notebook or what a custom editor shows; the other kinds of tabs cannot be opened from here. */
function uriOfTab({ input }: Tab): Uri | undefined {
  const hasUri = input instanceof TabInputText || input instanceof TabInputNotebook || input instanceof TabInputCustom;
  return hasUri ? input.uri : undefined;
}

async function openAgain(tab: Tab | undefined, uri: Uri): Promise<void> {
  const options = { preview: true, preserveFocus: true };
  if (tab?.input instanceof TabInputCustom)
    await commands.executeCommand("vscode.openWith", uri, tab.input.viewType, options);
  else await commands.executeCommand("vscode.open", uri, options);
}
