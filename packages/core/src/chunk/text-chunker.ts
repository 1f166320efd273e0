import type { Chunk } from "../model/chunk.ts";
import { sourceLines } from "./source-lines.ts";

/** Where a text may be cut, best first: paragraphs, lines, sentences, words. Each ends where the next piece begins. */
const boundaries: readonly RegExp[] = [/\n[^\S\n]*\n\s*/g, /\n\s*/g, /[.!?…]["'”’)\]]*\s+|[。！？]/g, /\s+/g];
/** Cuts in the first part of a piece are not considered: they would make many small ones. */
const EARLIEST_CUT = 0.5;

/**
 * Splits a text of any kind into pieces of at most `chunkChars` characters, between paragraphs where that can be done,
 * else between lines, sentences or words, and within a word if it is longer than that. White space around pieces is
 * dropped, nothing else is.
 */
export function chunkPlainText(source: string, chunkChars: number): Chunk[] {
  const { text } = sourceLines(source);
  const chunks: Chunk[] = [];
  const content = /\S/g;
  let line = 1;
  let start = 0;
  for (;;) {
    content.lastIndex = start;
    const next = content.exec(text)?.index;
    if (next === undefined) return chunks;
    line += countLineEnds(text.slice(start, next));
    start = next;
    const end = text.length - start <= chunkChars ? text.length : cutAfter(text, start, chunkChars);
    const piece = text.slice(start, end);
    const shown = piece.trimEnd();
    const endLine = line + countLineEnds(shown);
    chunks.push({ startLine: line, endLine, kind: "lines", symbols: [], scope: [], text: shown });
    line += countLineEnds(piece);
    start = end;
  }
}

function cutAfter(text: string, start: number, chunkChars: number): number {
  const earliest = Math.ceil(chunkChars * EARLIEST_CUT);
  const window = text.slice(start, start + chunkChars);
  for (const boundary of boundaries) {
    let cut = 0;
    for (const match of window.matchAll(boundary)) cut = match.index + match[0].length;
    if (cut >= earliest) return start + cut;
  }
  // Never between the two halves of a character.
  const last = window.charCodeAt(window.length - 1);
  return start + window.length - (last >= 0xd800 && last <= 0xdbff ? 1 : 0);
}

function countLineEnds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
