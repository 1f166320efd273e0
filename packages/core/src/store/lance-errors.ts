import { ResonaError, resonaError } from "../errors.ts";

/**
 * Turns whatever LanceDB or the file system threw while working on the index at `path` into an error for the user.
 * LanceDB gives no codes, only texts (those of version 0.39), so they are recognised here and nowhere else.
 */
export function translateStoreError(error: unknown, path: string): Error {
  if (error instanceof ResonaError || isAbort(error)) return error as Error;
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT" || /No space left on device|os error (28|122)\b/.test(message))
    return resonaError("DISK_FULL", { path }, error);
  if (isRefusedReading(error)) return resonaError("INDEX_NOT_READABLE", { path }, error);
  // The system's own "no such file" comes from making a folder; LanceDB's has no code.
  if (
    code === "EACCES" ||
    code === "EROFS" ||
    code === "EPERM" ||
    code === "ENOENT" ||
    /os error (13|30|1)\)/.test(message)
  )
    return resonaError("INDEX_NOT_WRITABLE", { path }, error);
  if (
    isMissingFile(error) ||
    /corrupt file|fill whole buffer|Invalid range|size is too small|Table .* was not found/.test(message)
  )
    return resonaError("INDEX_DAMAGED", { path, detail: firstLine(message) }, error);
  return resonaError("STORE_FAILED", { path, detail: firstLine(message) }, error);
}

/** A file of the version being read is gone: another process pruned it, or it was lost. */
export function isMissingFile(error: unknown): boolean {
  return error instanceof Error && /Not found: .*\.(lance|manifest|idx)/.test(error.message);
}

/** The file that an error, or what it was translated from, says is not there, by its path in the table's folder. */
export function missingFileOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const path = /Not found: .*?\.lance\/((?:data|_deletions|_indices|_versions)\/[\w./-]*\w)/.exec(error.message)?.[1];
  return path ?? missingFileOf(error.cause);
}

/** Another writer committed in between; LanceDB has given up trying on its own. */
export function isLostRace(error: unknown): boolean {
  return error instanceof Error && /Retryable commit conflict|Commit conflict for version/i.test(error.message);
}

/** Whether a file or folder of a table that is there may not be read, as opposed to written. */
function isRefusedReading(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (/Unable to open file .* \(os error (13|1)\)/.test(error.message)) return true;
  const { code, syscall = "", path = "" } = error as NodeJS.ErrnoException;
  if (code !== "EACCES" && code !== "EPERM") return false;
  // Files of tables are written by LanceDB alone.
  return ["opendir", "scandir"].includes(syscall) || (syscall === "open" && /\.(lance|manifest|txn)$/.test(path));
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** What LanceDB adds for its own developers, causes and source files, stays in the error's `cause`. */
function firstLine(message: string): string {
  const line = message.split(/\n|\s+Caused by\b|, \//, 1)[0] ?? "";
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}
