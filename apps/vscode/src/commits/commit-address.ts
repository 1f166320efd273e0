import type { FoundCommit } from "./commit-row.ts";

/** What the document of a commit is made of. */
export interface CommitDocument extends Pick<
  FoundCommit,
  "hash" | "authorName" | "authoredAt" | "paths" | "pathCount" | "text"
> {
  /** The folder's id. */
  readonly folder: string;
}

/**
 * A commit as the query of an address, so that its document is the same whenever the editor asks for it: after it was
 * closed, and in another window.
 */
export function commitQuery({ folder, ...commit }: FoundCommit): string {
  const { hash, authorName, authoredAt, paths, pathCount, text } = commit;
  const document: CommitDocument = { folder: folder.id, hash, authorName, authoredAt, paths, pathCount, text };
  return JSON.stringify(document);
}

/** Undefined for what `commitQuery` has not made: anyone can write an address. */
export function commitOfQuery(query: string): CommitDocument | undefined {
  const value = parsed(query);
  if (typeof value !== "object" || value === null) return undefined;
  const { folder, hash, authorName, authoredAt, paths, pathCount, text } = value as Record<string, unknown>;
  const isMade =
    [folder, authorName, text].every((part) => typeof part === "string") &&
    typeof hash === "string" &&
    /^[\da-f]{40,64}$/u.test(hash) &&
    typeof authoredAt === "string" &&
    !Number.isNaN(Date.parse(authoredAt)) &&
    Array.isArray(paths) &&
    paths.every((path) => typeof path === "string") &&
    typeof pathCount === "number";
  return isMade ? (value as CommitDocument) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
