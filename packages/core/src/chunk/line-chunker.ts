import type { Chunk } from "../model/chunk.ts";
import { languageRow } from "./languages.ts";
import { makeChunk, trimBlankRows, type RowRange, type SourceLines } from "./source-lines.ts";
import { collectSymbols, withLastParts } from "./symbols.ts";

/** Splits a text into windows of lines, for files without a grammar and those whose syntax could not be used. */
export function chunkLines(lines: SourceLines, language: string, chunkChars: number): Chunk[] {
  const pattern = definitionPattern(language);
  return lineWindows(lines, { first: 0, last: lines.count - 1 }, chunkChars).flatMap((window) => {
    const rows = trimBlankRows(lines, window);
    if (!rows) return [];
    const symbols = pattern ? symbolsByLine(lines, rows, pattern) : [];
    return [makeChunk(lines, rows, chunkChars, { kind: "lines", symbols, scope: [] })];
  });
}

/**
 * Cuts rows into adjacent windows of at most `chunkChars` characters (one line may be longer), each cut where it hurts
 * least: after a blank line, at low indentation, never before a closing bracket if that can be helped.
 */
export function lineWindows(lines: SourceLines, rows: RowRange, chunkChars: number): RowRange[] {
  const windows: RowRange[] = [];
  let first = rows.first;
  while (first <= rows.last) {
    let last = first;
    while (last < rows.last && lines.size(first, last + 1) <= chunkChars) last++;
    if (last < rows.last) last = bestLastRow(lines, first, last, chunkChars);
    windows.push({ first, last });
    first = last + 1;
  }
  return windows;
}

/** Cuts in the first part of a window are not considered: they would make many small chunks. */
const EARLIEST_CUT = 0.6;

function bestLastRow(lines: SourceLines, first: number, fullLast: number, chunkChars: number): number {
  let best = fullLast;
  let bestCost = Infinity;
  for (let last = fullLast; last >= first && lines.size(first, last) >= chunkChars * EARLIEST_CUT; last--) {
    const cost = cutCost(lines, last);
    if (cost < bestCost) {
      best = last;
      bestCost = cost;
    }
  }
  return best;
}

const NO_BLANK_LINE_COST = 8;
const AFTER_COMMENT_COST = 40;
const CLOSING_BRACKET_COST = 100;
const COMMENT_LINE = /^\s*(?:\/\/|#|--|;;|\*(?!\/)|\/\*|@)/;
const TAB_COLUMNS = 4;
const MAX_INDENT = 40;

/** What it costs to cut after this row; 0 is best. */
function cutCost(lines: SourceLines, last: number): number {
  const next = lines.line(last + 1);
  const content = next.trimStart();
  // A blank line belongs to what precedes it: the cut comes after the last of them.
  if (content === "") return CLOSING_BRACKET_COST;
  let indent = 0;
  for (let at = 0; at < next.length - content.length && indent < MAX_INDENT; at++) {
    indent += next[at] === "\t" ? TAB_COLUMNS : 1;
  }
  const closing = /^(?:[)\]}>]|end\b|<\/)/.test(content) ? CLOSING_BRACKET_COST : 0;
  // Cutting here would part a comment from what it is about, or from its own rest.
  const comment = COMMENT_LINE.test(lines.line(last)) ? AFTER_COMMENT_COST : 0;
  return indent + closing + comment + (lines.isBlank(last) ? 0 : NO_BLANK_LINE_COST);
}

/** Longer lines hold data, not definitions; the limit keeps the patterns cheap on them. */
const MAX_DEFINITION_LINE = 500;

function symbolsByLine(lines: SourceLines, rows: RowRange, pattern: RegExp): string[] {
  const names: string[] = [];
  for (let row = rows.first; row <= rows.last; row++) {
    if (lines.size(row, row) > MAX_DEFINITION_LINE) continue;
    const name = pattern.exec(lines.line(row))?.[1];
    if (name !== undefined) names.push(name);
  }
  return collectSymbols(withLastParts(names));
}

/** `public final class Name`, `func name`, `type Name`, `function name`, … with any modifiers before. */
const CODE_DEFINITION =
  /^\s*(?:(?:export|default|public|private|protected|internal|open|fileprivate|static|final|abstract|sealed|override|async|declare|unsafe|extern|inline|const|pub(?:\([\w ]+\))?|mutating|required|convenience|data|case|implicit|lazy|partial|base|@\w+)\s+)*(?:class|struct|enum|interface|trait|protocol|extension|actor|object|func|fun|fn|def|function\*?|module|namespace|type|typealias|typedef|record|mixin|impl|contract|event|library|macro_rules!)\s+["'`]?([A-Za-z_$][\w$]*(?:(?:\.|::)[\w$]+)*)/;

function definitionPattern(language: string): RegExp | undefined {
  const pattern = languageRow(language)?.definitionLine;
  return pattern === "code" ? CODE_DEFINITION : pattern;
}
