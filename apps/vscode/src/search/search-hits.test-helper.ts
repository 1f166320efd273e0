import type { SearchHit, SearchResult } from "@resona/core";

import type { Folder } from "../folders/folder-engines.ts";
import { type EngineErrorData, engineError } from "../protocol/engine-error.ts";
import type { FolderAnswer } from "./ask-folders.ts";
import { type FoundHit, mergeHits } from "./found-hit.ts";

export function folderOf(name: string): Folder {
  return { id: `file:///${name}`, name, path: `/${name}` };
}

export function hitOf(path: string, more: Partial<SearchHit> = {}): SearchHit {
  return {
    path,
    startLine: 1,
    endLine: 1,
    language: "typescript",
    symbols: [],
    snippet: `text of ${path}`,
    score: 1,
    ...more,
  };
}

export function answerOf(
  folder: Folder,
  hits: readonly SearchHit[],
  more: Partial<SearchResult> = {},
): FolderAnswer<SearchResult> {
  return { folder, result: { query: "text", hits, indexComplete: true, durationMs: 1, ...more } };
}

export function failureOf(folder: Folder, error: Partial<EngineErrorData> = {}): FolderAnswer<SearchResult> {
  const { code, message, nextStep } = engineError("ENGINE_STOPPED", {});
  return { folder, error: { code, message, nextStep, ...error } };
}

/** What was found in one folder, `shop`. */
export function foundHits(...hits: readonly SearchHit[]): FoundHit[] {
  return mergeHits([answerOf(folderOf("shop"), hits)]);
}
