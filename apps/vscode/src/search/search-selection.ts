import { type DocumentSymbol, Range, SymbolKind, type TextDocument, type TextEditor, commands } from "vscode";

import type { Place } from "./found-hit.ts";
import { type SymbolLines, linesAround, queryOf } from "./query-text.ts";

/** What is selected, as a query; empty if nothing is. */
export function selectedQuery(editor: TextEditor | undefined): string {
  return editor === undefined ? "" : queryOf(editor.document.getText(editor.selection));
}

/** Code to look for what is like it. */
export interface CodeSample {
  readonly query: string;
  readonly place: Place;
}

/** What is selected, or what the cursor is in; undefined where there is no text. */
export async function sampleOf({ document, selection }: TextEditor): Promise<CodeSample | undefined> {
  const range = selection.isEmpty ? await rangeAround(document, selection.active.line) : selection;
  const query = queryOf(document.getText(range));
  if (query === "") return undefined;
  // A selection of whole lines ends at the beginning of the next one.
  const end = range.end.character === 0 && range.end.line > range.start.line ? range.end.line : range.end.line + 1;
  return { query, place: { path: document.uri.fsPath, startLine: range.start.line + 1, endLine: end } };
}

async function rangeAround(document: TextDocument, line: number): Promise<Range> {
  const { start, end } = linesAround(line, await outlineOf(document), document.lineCount);
  return document.validateRange(new Range(start, 0, end, Number.MAX_SAFE_INTEGER));
}

/** Empty where the editor knows no symbols of the language, or only their names and places. */
async function outlineOf({ uri }: TextDocument): Promise<SymbolLines[]> {
  const symbols: unknown = await commands.executeCommand("vscode.executeDocumentSymbolProvider", uri);
  return Array.isArray(symbols) ? symbols.filter(isDocumentSymbol).map(symbolLines) : [];
}

function isDocumentSymbol(symbol: object): symbol is DocumentSymbol {
  return "children" in symbol;
}

const callables: ReadonlySet<SymbolKind> = new Set([SymbolKind.Function, SymbolKind.Method, SymbolKind.Constructor]);

function symbolLines({ range, kind, children }: DocumentSymbol): SymbolLines {
  return {
    start: range.start.line,
    end: range.end.line,
    isCallable: callables.has(kind),
    children: children.map(symbolLines),
  };
}
