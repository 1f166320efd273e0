import type { SkipReason } from "../model/skip-reason.ts";
import { isGenerated } from "./generated-marker.ts";

/** Why a text is not worth indexing, if it is not. `path` tells code from prose. */
export function skipReasonOfContent(path: string, text: string): SkipReason | undefined {
  if (!/\S/u.test(text)) return "empty";
  if (isGenerated(path, text)) return "generated";
  if (isMinified(text)) return "minified";
  return undefined;
}

/** Below this many characters even a file of one line makes a handful of chunks: not worth being wrong about. */
const minMinifiedChars = 10_000;

/**
 * No person writes lines of 2,000 characters on average: prose with a paragraph to the line stays below 1,000, wide
 * tables below that too. Bundlers write the whole program as one line, or a few.
 */
const maxMeanLineChars = 2_000;

/** A line this long that is also most of the file: one blob (embedded data, a bundle behind a licence) with trimmings. */
const maxLineChars = 20_000;

/** Whether a machine wrote the lines, judged by their length alone; a single long line among others is fine. */
function isMinified(text: string): boolean {
  if (text.length < minMinifiedChars) return false;
  let lines = 0;
  let longest = 0;
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    // Blank lines say nothing of how long the others are.
    if (end > start && !(end === start + 1 && text[start] === "\r")) lines += 1;
    longest = Math.max(longest, end - start);
    start = end + 1;
  }
  return text.length > lines * maxMeanLineChars || (longest > maxLineChars && longest > text.length / 2);
}
