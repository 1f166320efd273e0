import type { Chunk } from "../model/chunk.ts";
import { lineWindows } from "./line-chunker.ts";
import { packRows } from "./pack-rows.ts";
import { makeChunk, trimBlankRows, type RowRange, type SourceLines } from "./source-lines.ts";
import { collectSymbols, isSymbol } from "./symbols.ts";

/**
 * Splits Markdown at its headings: a section stays whole with its subsections if it fits, small siblings are joined,
 * and text that is too long for one chunk is cut at paragraphs. Fenced code and front matter are never taken for
 * headings, nor cut if they fit.
 */
export function chunkMarkdown(lines: SourceLines, chunkChars: number): Chunk[] {
  const { document, sections, blocks } = readMarkdown(lines);
  const splitBody = (rows: RowRange): RowRange[] =>
    packRows(lines, blocksWithin(blocks, rows), chunkChars, (_block, blockRows) =>
      lineWindows(lines, blockRows, chunkChars),
    );
  const splitSection = (section: Section, rows: RowRange): RowRange[] => {
    const body = { first: rows.first, last: section.bodyLast };
    const parts: (RowRange & { section?: Section })[] = section.subsections.map((sub) => ({
      first: sub.first,
      last: sub.last,
      section: sub,
    }));
    if (body.first <= body.last) parts.unshift(body);
    return packRows(lines, parts, chunkChars, (part, partRows) =>
      part.section ? splitSection(part.section, partRows) : splitBody(partRows),
    );
  };

  return splitSection(document, document).flatMap((range) => {
    const rows = trimBlankRows(lines, range);
    if (!rows) return [];
    const inside = sections.filter(({ first }) => first >= rows.first && first <= rows.last);
    const around = sections.filter(({ first, last }) => first < rows.first && last >= rows.first);
    return [
      makeChunk(lines, rows, chunkChars, {
        kind: "section",
        symbols: collectSymbols(inside.map(({ title }) => title)),
        scope: around.map(({ title }) => title).filter(isSymbol),
      }),
    ];
  });
}

/** A heading with its text and its subsections. */
interface Section extends RowRange {
  /** The last row before the first subsection. */
  bodyLast: number;
  last: number;
  /** 1 to 6; 0 for the document itself. */
  readonly level: number;
  /** Empty for the document itself. */
  readonly title: string;
  readonly subsections: Section[];
}

interface Heading {
  readonly row: number;
  readonly level: number;
  readonly title: string;
}

interface Markdown {
  readonly document: Section;
  /** All sections of the document in their order. */
  readonly sections: readonly Section[];
  /** Paragraphs, lists, fenced code, front matter, with the blank lines after them; they cover all rows. */
  readonly blocks: readonly RowRange[];
}

function readMarkdown(lines: SourceLines): Markdown {
  const headings: Heading[] = [];
  const blockStarts = [0];
  let fence: string | undefined;
  let paragraphStart: number | undefined;
  let row = frontMatterEnd(lines) + 1;
  if (row > 0) blockStarts.push(row);

  for (; row < lines.count; row++) {
    const line = lines.line(row);
    if (fence !== undefined) {
      if (closesFence(line, fence)) fence = undefined;
      continue;
    }
    if (line.trim() === "") {
      paragraphStart = undefined;
      continue;
    }
    if (row > 0 && lines.isBlank(row - 1) && blockStarts.at(-1) !== row) blockStarts.push(row);
    const underlined = paragraphStart === undefined ? undefined : SETEXT.exec(line)?.[1];
    if (underlined !== undefined && paragraphStart !== undefined) {
      const title = rowsText(lines, paragraphStart, row - 1);
      headings.push({ row: paragraphStart, level: underlined === "=" ? 1 : 2, title: plainTitle(title) });
      paragraphStart = undefined;
      continue;
    }
    const atx = ATX.exec(line);
    if (atx) {
      headings.push({ row, level: (atx[1] ?? "#").length, title: plainTitle(atx[2] ?? "") });
      paragraphStart = undefined;
      continue;
    }
    fence = FENCE.exec(line)?.[1];
    if (fence !== undefined || NOT_A_PARAGRAPH.test(line)) {
      paragraphStart = undefined;
      // What follows a list item or a quote without a blank line continues it.
      continue;
    }
    if (row === 0 || paragraphStart !== undefined) paragraphStart ??= row;
    else if (startsParagraph(lines, row, headings)) paragraphStart = row;
  }
  return { ...toSections(headings, lines.count), blocks: toRanges(blockStarts, lines.count) };
}

const ATX = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
const SETEXT = /^ {0,3}([=-])\1*[ \t]*$/;
/** An info string with a backtick would make it inline code. */
const FENCE = /^[ \t]*(?:[-*+>][ \t]+)*(`{3,}(?=[^`]*$)|~{3,})/;
/** List items, quotes, tables, HTML, indented code: a line of dashes below them is a rule, not a heading's. */
const NOT_A_PARAGRAPH = /^(?: {4}|\t| {0,3}(?:[-*+>|<]|\d{1,9}[.)][ \t]))/;

function closesFence(line: string, fence: string): boolean {
  const mark = line.trim();
  return mark.length >= fence.length && mark === fence.charAt(0).repeat(mark.length);
}

function startsParagraph(lines: SourceLines, row: number, headings: readonly Heading[]): boolean {
  const previous = lines.line(row - 1);
  return previous.trim() === "" || headings.at(-1)?.row === row - 1 || SETEXT.test(previous);
}

/** The row that closes the YAML or TOML block at the top, -1 if there is none. */
function frontMatterEnd(lines: SourceLines): number {
  const mark = lines.line(0).trimEnd();
  if (mark !== "---" && mark !== "+++") return -1;
  for (let row = 1; row < lines.count; row++) {
    const line = lines.line(row).trimEnd();
    if (line === mark || (mark === "---" && line === "...")) return row;
  }
  return -1;
}

function rowsText(lines: SourceLines, first: number, last: number): string {
  const rows: string[] = [];
  for (let row = first; row <= last; row++) rows.push(lines.line(row).trim());
  return rows.join(" ");
}

/** What comes after this in a heading is not read: more would be no title, and could take the patterns long. */
const MAX_HEADING_CHARS = 300;

/** `` `open()` and [docs](url) ## `` → `open() and docs`. */
function plainTitle(markup: string): string {
  return markup
    .slice(0, MAX_HEADING_CHARS)
    .replace(/[ \t]+#+[ \t]*$/, "")
    .replaceAll(/!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])/g, "$1")
    .replaceAll(/<[^>]{1,200}>|\{#[^}]*\}/g, "")
    .replaceAll(/`|\*\*|__/g, "")
    .trim();
}

function toSections(headings: readonly Heading[], rowCount: number): Pick<Markdown, "document" | "sections"> {
  const last = rowCount - 1;
  const document: Section = { first: 0, last, bodyLast: last, level: 0, title: "", subsections: [] };
  const sections: Section[] = [];
  const open = [document];
  for (const { row, level, title } of headings) {
    const before = sections.at(-1) ?? document;
    before.bodyLast = row - 1;
    while ((open.at(-1) ?? document).level >= level) {
      const closed = open.pop();
      if (closed) closed.last = row - 1;
    }
    const section: Section = { first: row, last, bodyLast: last, level, title, subsections: [] };
    (open.at(-1) ?? document).subsections.push(section);
    sections.push(section);
    open.push(section);
  }
  return { document, sections };
}

function toRanges(starts: readonly number[], rowCount: number): RowRange[] {
  return starts
    .map((first, at) => ({ first, last: (starts[at + 1] ?? rowCount) - 1 }))
    .filter(({ first, last }) => first <= last);
}

/** The blocks of these rows, cut at their ends. */
function blocksWithin(blocks: readonly RowRange[], rows: RowRange): RowRange[] {
  return blocks
    .filter(({ first, last }) => last >= rows.first && first <= rows.last)
    .map(({ first, last }) => ({ first: Math.max(first, rows.first), last: Math.min(last, rows.last) }));
}
