import type { Chunk } from "../model/chunk.ts";

/** Rows of a file, 0-based, both ends included. */
export interface RowRange {
  readonly first: number;
  readonly last: number;
}

/** A text and where its lines begin. Everything in this folder cuts between lines, never within one. */
export interface SourceLines {
  /** The text with `\n` as its only line end and without a byte order mark. */
  readonly text: string;
  readonly count: number;
  /** The line without its end. */
  line(row: number): string;
  /** The lines without the end of the last. */
  slice(first: number, last: number): string;
  isBlank(row: number): boolean;
  /** Characters of the rows, line ends included. */
  size(first: number, last: number): number;
}

/**
 * Splits a text into lines. `\r\n` becomes `\n`, so that a checkout with other line ends has the same chunks;
 * a lone `\r` is not a line end, as in git.
 */
export function sourceLines(source: string): SourceLines {
  const unmarked = source.startsWith("\uFEFF") ? source.slice(1) : source;
  const text = unmarked.includes("\r\n") ? unmarked.replaceAll("\r\n", "\n") : unmarked;
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const count = starts.length;
  // One past the last row, as if the text ended with a line end.
  starts.push(text.length + 1);
  const start = (row: number): number => starts[row] ?? text.length + 1;
  const slice = (first: number, last: number): string => text.slice(start(first), start(last + 1) - 1);
  const line = (row: number): string => slice(row, row);
  return {
    text,
    count,
    line,
    slice,
    isBlank: (row) => line(row).trim() === "",
    size: (first, last) => start(last + 1) - start(first),
  };
}

/** Makes the range begin and end with a line that is not blank; `undefined` if there is none. */
export function trimBlankRows(lines: SourceLines, range: RowRange): RowRange | undefined {
  let { first, last } = range;
  while (first <= last && lines.isBlank(first)) first++;
  while (last > first && lines.isBlank(last)) last--;
  return first <= last ? { first, last } : undefined;
}

/**
 * A chunk's text is at most this many times the size that chunks aim at. Only a file with absurdly long lines (minified
 * code, embedded data) comes near, since lines are never cut; the rest of such a line is not searched.
 */
export const MAX_CHUNK_TEXT_FACTOR = 8;

/** The chunk of these rows, its text cut at `MAX_CHUNK_TEXT_FACTOR * chunkChars` characters. */
export function makeChunk(
  lines: SourceLines,
  range: RowRange,
  chunkChars: number,
  about: Pick<Chunk, "kind" | "symbols" | "scope">,
): Chunk {
  const text = cutText(lines.slice(range.first, range.last), MAX_CHUNK_TEXT_FACTOR * chunkChars);
  return { startLine: range.first + 1, endLine: range.last + 1, ...about, text };
}

/** Never between the two halves of a surrogate pair. */
function cutText(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  return text.slice(0, last >= 0xd8_00 && last <= 0xdb_ff ? limit - 1 : limit);
}
