import type { CommitHit, CommitSearchResult } from "@resona/core";

import { printDocument } from "./json.ts";
import type { Paint } from "./paint.ts";
import { counted, printable } from "./text.ts";

const hashDigits = 10;
const pathsShown = 5;

/** As much of a commit's hash as tells it from others. */
export function shortHash(hash: string): string {
  return hash.slice(0, hashDigits);
}

/** What was done for the history, in one line; empty for nothing. */
export function commitsIndexed(count: number): string {
  return count === 0 ? "" : `Indexed ${counted(count, "commit")}.\n`;
}

/** Commits, best first: hash, day, author and subject in a line, and the files that they touched. */
export function formatCommits(hits: readonly CommitHit[], paint: Paint): string {
  return hits.map((hit) => formatCommit(hit, paint)).join("\n");
}

function formatCommit(
  { hash, authoredAt, authorName, subject, paths, pathCount, score }: CommitHit,
  paint: Paint,
): string {
  const head = [
    paint("path", shortHash(hash)),
    paint("score", score.toFixed(3)),
    authoredAt.slice(0, "2026-01-01".length),
    printable(authorName),
  ].join("  ");
  const shown = paths.slice(0, pathsShown).map((path) => `  ${printable(path)}`);
  const rest = pathCount - shown.length;
  const more = rest > 0 ? [paint("faint", `  … ${counted(rest, "more file")}`)] : [];
  return [head, `  ${printable(subject)}`, ...shown, ...more].map((line) => `${line}\n`).join("");
}

export function commitSearchDocument(result: CommitSearchResult, workspace: string): string {
  return printDocument({
    command: "search --commits",
    workspace,
    query: result.query,
    hits: result.hits.map(({ hash, subject, authorName, authoredAt, paths, pathCount, text, score }) => ({
      hash,
      subject,
      authorName,
      authoredAt,
      paths,
      pathCount,
      score,
      text,
    })),
    durationMs: result.durationMs,
  });
}
