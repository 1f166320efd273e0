import { ResonaError, resonaError } from "../errors.ts";
import { cleanMessage, GitFailure } from "../support/git-process.ts";
import type { RepositoryUrl } from "./repository-url.ts";

type FaultKind =
  | "not-installed"
  | "disk-full"
  | "not-authenticated"
  | "no-branch"
  | "unreachable"
  | "no-repository"
  | "other";

/**
 * What git's failures mean, by its English messages, which have no codes. The first row counts that any line fits: the
 * last fatal message is often only a consequence.
 */
const meanings: readonly (readonly [FaultKind, RegExp])[] = [
  ["disk-full", /no space left on device|disk quota exceeded|not enough space/iu],
  [
    "not-authenticated",
    /could not read (?:username|password)|terminal prompts disabled|authentication failed|permission denied \(|host key verification failed|returned error: 40[13]/iu,
  ],
  ["no-branch", /remote branch .+ not found|couldn't find remote ref|could not find remote branch/iu],
  [
    "unreachable",
    /unable to access|could not resolve|failed to connect|connection (?:refused|reset|closed|timed out)|operation timed out|network is unreachable|no route to host|early eof|rpc failed|unexpected disconnect|hung up unexpectedly/iu,
  ],
  // That `origin` is none is said of a clone that has lost its settings.
  [
    "no-repository",
    /repository .+ (?:not found|does not exist)|'(?!origin').+' does not appear to be a git repository/iu,
  ],
];

export interface CloneFault {
  /** `other` is also what a damaged clone gives. */
  readonly kind: FaultKind;
  /** git's words, fit to be shown. */
  readonly detail: string;
}

/** Says what a failure of git means. */
export function cloneFaultOf(failure: GitFailure): CloneFault {
  if (failure.isNotInstalled) return { kind: "not-installed", detail: failure.message };
  const lines = failure.messages.split(/[\r\n]/u);
  for (const [kind, pattern] of meanings) {
    const line = lines.find((candidate) => pattern.test(candidate));
    if (line !== undefined) return { kind, detail: cleanMessage(line.replace(/^(?:fatal|error|remote): /u, "")) };
  }
  return { kind: "other", detail: failure.message };
}

/** The error to be thrown for whatever went wrong while a repository was cloned into, or updated in, a folder. */
export function cloneError(
  error: unknown,
  { address: url }: RepositoryUrl,
  branch: string | undefined,
  path: string,
): unknown {
  if (error instanceof ResonaError) return error;
  if (!(error instanceof GitFailure)) return fileError(error, path);
  const { kind, detail } = cloneFaultOf(error);
  switch (kind) {
    case "not-installed":
      return resonaError("GIT_NOT_INSTALLED", { url }, error);
    case "disk-full":
      return resonaError("GIT_DISK_FULL", { path }, error);
    case "not-authenticated":
      return resonaError("GIT_AUTHENTICATION_FAILED", { url, detail }, error);
    case "unreachable":
      return resonaError("GIT_UNREACHABLE", { url, detail }, error);
    case "no-repository":
      return resonaError("GIT_REPOSITORY_NOT_FOUND", { url, detail }, error);
    case "no-branch":
      return branch === undefined
        ? resonaError("GIT_CLONE_FAILED", { url, detail }, error)
        : resonaError("GIT_BRANCH_NOT_FOUND", { url, branch }, error);
    case "other":
      return resonaError("GIT_CLONE_FAILED", { url, detail }, error);
  }
}

function fileError(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return resonaError("GIT_DISK_FULL", { path }, error);
  if (typeof code === "string" && ["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST"].includes(code)) {
    return resonaError("GIT_CACHE_NOT_WRITABLE", { path }, error);
  }
  return error;
}
