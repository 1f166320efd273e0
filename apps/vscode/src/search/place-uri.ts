import { Position, Range, Uri } from "vscode";

import type { FoundHit } from "./found-hit.ts";

export function uriOf({ folder, path }: Pick<FoundHit, "folder" | "path">): Uri {
  return Uri.joinPath(Uri.parse(folder.id), path);
}

/** All lines of a hit, without the line end after the last. The editor cuts off what a file has no more. */
export function rangeOf({ startLine, endLine }: FoundHit): Range {
  return new Range(startLine - 1, 0, endLine - 1, Number.MAX_SAFE_INTEGER);
}

/** The line that answers best. */
export function lineRangeOf({ line, lineText, column }: FoundHit): Range {
  return new Range(line - 1, column - 1, line - 1, column - 1 + lineText.length);
}

/** Where one goes to look at it. */
export function positionOf({ line, column }: FoundHit): Position {
  return new Position(line - 1, column - 1);
}
