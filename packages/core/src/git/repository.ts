import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { resonaError } from "../errors.ts";
import type { NoticeEvent } from "../model/progress.ts";
import { gitAnswer, GitFailure } from "../support/git-process.ts";

/** A folder of a git work tree with at least one commit, as it stood when it was opened. */
export interface Repository {
  readonly kind: "repository";
  /** Absolute. Paths below are relative to it, whether it is the top of the work tree or not. */
  readonly folder: string;
  /** Where the folder lies in the repository: empty at its top, otherwise ending with `/`. */
  readonly prefix: string;
  /** The checked-out commit, in hexadecimal: 40 digits, or 64 in a repository of SHA-256. */
  readonly head: string;
  /** Changes whenever other commits can be reached from the same head: in a shallow clone that was deepened. */
  readonly depth: string;
}

/** Why a folder has no history that can be read; nothing that stops indexing. */
export interface NoRepository {
  readonly kind: "none";
  /** `unusable`: there is a repository, and git says what is wrong with it. */
  readonly reason: "not-installed" | "no-repository" | "no-commits" | "unusable";
  /** For people. */
  readonly detail: string;
}

/**
 * Looks at the repository that a folder lies in.
 *
 * @throws ResonaError GIT_BARE_REPOSITORY when the folder is a repository without a work tree, or git's part of one:
 *   what git keeps there is no text to index
 */
export async function openRepository(folder: string, signal?: AbortSignal): Promise<Repository | NoRepository> {
  const path = resolve(folder);
  const ask = (...args: string[]): Promise<string> => gitAnswer(["-C", path, "rev-parse", ...args], { signal });
  try {
    const facts = await ask("--is-inside-work-tree", "--is-shallow-repository", "--show-prefix");
    const [isInside, isShallow, ...prefix] = facts.split("\n");
    if (isInside !== "true") throw resonaError("GIT_BARE_REPOSITORY", { path });
    const head = await headCommit(ask);
    if (head === undefined) return none("no-commits", "nothing has been committed yet");
    const depth = isShallow === "true" ? await shallowDepth(path, ask) : "";
    // A folder's name may hold line ends.
    return { kind: "repository", folder: path, prefix: prefix.join("\n"), head, depth };
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    if (error.isNotInstalled) return none("not-installed", error.message);
    if (/cannot use bare repository/u.test(error.messages)) throw resonaError("GIT_BARE_REPOSITORY", { path }, error);
    if (/not a git repository/u.test(error.messages)) return none("no-repository", error.message);
    return none("unusable", error.message);
  }
}

function none(reason: NoRepository["reason"], detail: string): NoRepository {
  return { kind: "none", reason, detail };
}

/** Undefined on a branch without commits. */
async function headCommit(ask: (...args: string[]) => Promise<string>): Promise<string | undefined> {
  try {
    return await ask("--verify", "--quiet", "--end-of-options", "HEAD");
  } catch (error) {
    if (error instanceof GitFailure && error.exitCode === 1) return undefined;
    throw error;
  }
}

async function shallowDepth(folder: string, ask: (...args: string[]) => Promise<string>): Promise<string> {
  const boundary = await readFile(resolve(folder, await ask("--git-path", "shallow")));
  return createHash("sha256").update(boundary).digest("hex").slice(0, 16);
}

/** What has been read once the history of a repository is; the same again only if nothing is left to be read. */
export function historyMark({ head, depth }: Repository): string {
  return `${head} ${depth}`;
}

/** The head that an earlier mark was made at; undefined where other commits could be reached from it than now. */
export function markedHead(mark: string, { depth }: Repository): string | undefined {
  const [head = "", markedDepth] = mark.split(" ");
  return markedDepth === depth && /^[0-9a-f]{40,64}$/u.test(head) ? head : undefined;
}

/** A newest commit that can be reached from both; undefined if there is none, or one of them is not there any more. */
export async function mergeBase(
  { folder }: Repository,
  one: string,
  other: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  try {
    return await gitAnswer(["-C", folder, "merge-base", one, other], { signal });
  } catch (error) {
    if (error instanceof GitFailure) return undefined;
    throw error;
  }
}

/**
 * A path from the top of the repository as one relative to its folder; undefined for what lies elsewhere. Names that
 * are not UTF-8 cannot be written down and are not indexed, so they are nobody's path.
 */
export function pathBelow(repository: Repository, path: Buffer): string | undefined {
  if (!isUtf8(path)) return undefined;
  const text = path.toString("utf8");
  return text.startsWith(repository.prefix) ? text.slice(repository.prefix.length) : undefined;
}

/** What is told when git can read only a part of the history. */
export function incompleteHistory(repository: Repository, failure: GitFailure): NoticeEvent {
  const message = `git can read only a part of the history of ${repository.folder} (${failure.message}); the rest is left out.`;
  return { type: "notice", code: "GIT_HISTORY_INCOMPLETE", message };
}
