import { resonaError } from "../errors.ts";

/** A longer query is no question but a file. */
export const MAX_QUERY_CHARS = 10_000;

/**
 * Checks what a user typed before anything is done for it, so that a front end can say so before a long run.
 *
 * @returns the query without surrounding white space.
 * @throws ResonaError QUERY_EMPTY, QUERY_TOO_LONG.
 */
export function checkQuery(query: string): string {
  const text = query.trim();
  if (text === "") throw resonaError("QUERY_EMPTY", undefined);
  if (text.length > MAX_QUERY_CHARS)
    throw resonaError("QUERY_TOO_LONG", { length: text.length, limit: MAX_QUERY_CHARS });
  return text;
}
