import { join } from "node:path";

import type { SearchHit, SearchResult } from "@resona/core";

import type { Folder } from "../folders/folder-engines.ts";
import type { FolderAnswer } from "./ask-folders.ts";
import { bestLine } from "./best-line.ts";
import { interleave } from "./interleave.ts";

/** A hit in one of the workspace's folders. */
export interface FoundHit extends SearchHit {
  readonly folder: Folder;
  /** The line of the snippet that answers best, 1-based, in the file. */
  readonly line: number;
  /** Its text, without surrounding white space. */
  readonly lineText: string;
  /** Where that text begins in the line, 1-based. */
  readonly column: number;
}

/** Names the place; no two hits of a list have the same. */
export function keyOf({ folder, path, startLine }: FoundHit): string {
  return `${join(folder.path, path)}:${startLine}`;
}

/**
 * The hits of all folders in one list. Scores can be compared within one folder's list only, so the first of each come
 * first, then the second of each, and so on. What two folders have both, as one is inside the other, comes once.
 */
export function mergeHits(answers: readonly FolderAnswer<SearchResult>[]): FoundHit[] {
  return interleave(
    answers.map((answer) => ("result" in answer ? hitsOf(answer) : [])),
    keyOf,
  );
}

function hitsOf({ folder, result }: { readonly folder: Folder; readonly result: SearchResult }): FoundHit[] {
  return result.hits.map((hit) => {
    const { row, text, indent } = bestLine(hit, result.query);
    return { ...hit, folder, line: hit.startLine + row, lineText: text, column: indent + 1 };
  });
}

/** Lines of a file in one of the folders, 1-based, inclusive. */
export interface Place {
  /** Absolute. */
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
}

/** Whether a hit is that very place, or has a part of it. */
export function overlaps({ folder, path, startLine, endLine }: FoundHit, place: Place): boolean {
  return join(folder.path, path) === place.path && startLine <= place.endLine && endLine >= place.startLine;
}
