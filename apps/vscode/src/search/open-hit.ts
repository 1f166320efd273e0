import { Range, type TextDocumentShowOptions, TextEditorRevealType, ViewColumn, l10n, window } from "vscode";

import { messageText } from "../text/message-text.ts";
import type { FoundHit } from "./found-hit.ts";
import { positionOf, rangeOf, uriOf } from "./place-uri.ts";

/** Opens the file of a hit with the cursor at its best line. A file that is gone is told. */
export async function openHit(hit: FoundHit, options: TextDocumentShowOptions = {}): Promise<void> {
  const position = positionOf(hit);
  try {
    const editor = await window.showTextDocument(uriOf(hit), { ...options, selection: new Range(position, position) });
    editor.revealRange(rangeOf(hit), TextEditorRevealType.InCenterIfOutsideViewport);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    void window.showErrorMessage(messageText(l10n.t("{0} cannot be opened: {1}", hit.path, detail)));
  }
}

/** Beside what is open, if anything is. */
export function aside(): TextDocumentShowOptions {
  return window.tabGroups.activeTabGroup.activeTab === undefined ? {} : { viewColumn: ViewColumn.Beside };
}
