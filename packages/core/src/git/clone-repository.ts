import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";

import { lock } from "proper-lockfile";

import { resonaError } from "../errors.ts";
import { cleanMessage, gitAnswer, GitFailure } from "../support/git-process.ts";
import { cloneError, cloneFaultOf } from "./clone-errors.ts";
import { type CloneProgress, ProgressReader } from "./clone-progress.ts";
import { ownSshCommand, remoteCall, type RemoteCall } from "./remote-call.ts";
import { folderNameOf, isBranchName, parseRepositoryUrl, type RepositoryUrl } from "./repository-url.ts";

export interface CloneOptions {
  /** Undefined: the remote repository's default branch, whichever it is at the time. */
  readonly branch?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called with the URL as it may be shown, once it is known to be one that is taken. */
  readonly onFetch?: ((address: string) => void) | undefined;
  readonly onProgress?: ((progress: CloneProgress) => void) | undefined;
}

export interface ClonedRepository {
  /**
   * The work tree, `<cacheFolder>/<name>/tree`. The folder around it is this repository's and branch's alone; what
   * belongs to it, such as an index, can lie there beside the work tree, where no file of the repository can pose as it.
   */
  readonly folder: string;
  /** The checked-out commit; undefined when the repository has no commits yet. */
  readonly head: string | undefined;
  /** Whether it was cloned, or another commit checked out, by this call. */
  readonly updated: boolean;
}

/** Milliseconds without a heartbeat after which a process that was updating a clone counts as gone. */
const STALE_MS = 5_000;
const HEARTBEAT_MS = 1_000;
const WAIT_MS = 200;
const TREE = "tree";
const UNFINISHED = "unfinished-";
const OUTDATED = "outdated-";
/** Where the commit to be checked out is written down. */
const TARGET = "refs/resona/target";

/**
 * Clones a repository into a cache, or updates the clone that is there to the newest commit of the branch; whatever was
 * changed in the clone is undone. Past versions of files stay on the server (a partial clone) where it allows that.
 *
 * A clone is made under another name and renamed when it is whole, so that one that was interrupted is never taken for
 * it. One that cannot be updated although the server can be reached is made anew. One process at a time does this; the
 * others wait. Nobody is ever asked for anything.
 *
 * @param url see `parseRepositoryUrl`; credentials in it are used and kept nowhere
 * @throws ResonaError GIT_URL_REFUSED, GIT_BRANCH_REFUSED, GIT_NOT_INSTALLED, GIT_UNREACHABLE,
 *   GIT_AUTHENTICATION_FAILED, GIT_REPOSITORY_NOT_FOUND, GIT_BRANCH_NOT_FOUND, GIT_DISK_FULL, GIT_CACHE_NOT_WRITABLE,
 *   GIT_CLONE_FAILED
 * @throws the signal's reason when aborted
 */
export async function cloneOrUpdate(
  url: string,
  cacheFolder: string,
  options: CloneOptions = {},
): Promise<ClonedRepository> {
  const { branch, signal, onFetch, onProgress } = options;
  const { remote, home } = placeOf(url, cacheFolder, branch);
  onFetch?.(remote.address);
  try {
    const turn = await takeTurn(home, remote, options);
    try {
      const call = remoteCall(remote, await ownSshCommand({ signal: turn.signal }));
      return await bringUpToDate({ remote, branch, home, call, signal: turn.signal, onProgress });
    } finally {
      await turn.end();
    }
  } catch (error) {
    // Where nothing was cloned, nothing stays; a folder that holds anything is not removed by this.
    await rmdir(home).catch(() => undefined);
    signal?.throwIfAborted();
    throw cloneError(error, remote, branch, home);
  }
}

/**
 * Where the work tree of a repository's clone is, or would be: see `ClonedRepository.folder`.
 *
 * @throws ResonaError GIT_URL_REFUSED, GIT_BRANCH_REFUSED
 */
export function cloneFolder(url: string, cacheFolder: string, branch: string | undefined): string {
  return join(placeOf(url, cacheFolder, branch).home, TREE);
}

function placeOf(
  url: string,
  cacheFolder: string,
  branch: string | undefined,
): { readonly remote: RepositoryUrl; readonly home: string } {
  const remote = parseRepositoryUrl(url);
  if (branch !== undefined && !isBranchName(branch)) {
    throw resonaError("GIT_BRANCH_REFUSED", { branch: JSON.stringify(cleanMessage(branch)) });
  }
  return { remote, home: join(resolve(cacheFolder), folderNameOf(remote, branch)) };
}

interface Task {
  readonly remote: RepositoryUrl;
  readonly branch: string | undefined;
  /** The folder around the clone. */
  readonly home: string;
  readonly call: RemoteCall;
  readonly signal: AbortSignal;
  readonly onProgress: CloneOptions["onProgress"];
}

async function bringUpToDate(task: Task): Promise<ClonedRepository> {
  await removeLeftovers(task.home);
  const folder = join(task.home, TREE);
  if (!existsSync(folder)) {
    await clone(task, folder);
    return { folder, head: await headOf(folder, task.signal), updated: true };
  }
  const before = await headOf(folder, task.signal);
  try {
    await update(task, folder);
  } catch (error) {
    if (!(error instanceof GitFailure) || cloneFaultOf(error).kind !== "other") throw error;
    await clone(task, folder);
    return { folder, head: await headOf(folder, task.signal), updated: true };
  }
  const head = await headOf(folder, task.signal);
  return { folder, head, updated: head !== before };
}

/** What a process that was killed has left behind. */
async function removeLeftovers(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (name.startsWith(UNFINISHED) || name.startsWith(OUTDATED)) await remove(join(home, name));
  }
}

async function remove(folder: string): Promise<void> {
  // A git whose parent was killed may be writing for a moment yet; the next run removes what stays.
  await rm(folder, { recursive: true, force: true, maxRetries: 2, retryDelay: 50 }).catch(() => undefined);
}

/** Puts a new clone in the place of what is there. */
async function clone(task: Task, folder: string): Promise<void> {
  const { home, branch, remote } = task;
  const unfinished = await mkdtemp(join(home, UNFINISHED));
  try {
    try {
      await runClone(task, unfinished, ["--filter=blob:none"]);
    } catch (error) {
      // Most servers that know no filters say so and send everything; some refuse.
      const isRefusal = error instanceof GitFailure && cloneFaultOf(error).kind === "other";
      if (!isRefusal || !/filter/iu.test(error.messages)) throw error;
      await runClone(task, unfinished, []);
    }
    // `--branch` takes tags as well, which are nothing to be updated to.
    if (branch !== undefined && !(await hasBranch(unfinished, branch, task.signal))) {
      throw resonaError("GIT_BRANCH_NOT_FOUND", { url: remote.address, branch });
    }
    const outdated = join(home, `${OUTDATED}${basename(unfinished)}`);
    if (existsSync(folder)) await rename(folder, outdated);
    await rename(unfinished, folder);
    await remove(outdated);
  } finally {
    await remove(unfinished);
  }
}

async function runClone(task: Task, folder: string, args: readonly string[]): Promise<void> {
  const branch = task.branch === undefined ? [] : [`--branch=${task.branch}`];
  const fixed = ["--progress", "--template=", "--origin=origin", "--single-branch", "--no-tags"];
  const options = [...fixed, "--no-recurse-submodules", ...branch, ...args];
  await run(task, ["clone", ...options, "--", task.remote.address, folder]);
}

async function update(task: Task, folder: string): Promise<void> {
  // Left by a git that was killed; nobody else writes here.
  await rm(join(folder, ".git", "index.lock"), { force: true });
  const place = inClone(folder);
  const source = task.branch === undefined ? "HEAD" : `refs/heads/${task.branch}`;
  const fixed = ["--progress", "--force", "--no-tags", "--no-recurse-submodules"];
  try {
    await run(task, [...place, "fetch", ...fixed, "--", "origin", `+${source}:${TARGET}`]);
  } catch (error) {
    const isEmpty =
      error instanceof GitFailure && cloneFaultOf(error).kind === "no-branch" && task.branch === undefined;
    // Still without commits, as it was when it was cloned.
    if (isEmpty && (await headOf(folder, task.signal)) === undefined) return;
    throw error;
  }
  await run(task, [...place, "reset", "--hard", "--quiet", TARGET, "--"]);
}

async function run({ call, signal, onProgress }: Task, args: readonly string[]): Promise<void> {
  const progress = onProgress && new ProgressReader(onProgress);
  await gitAnswer([...call.args, ...args], {
    signal,
    environment: call.environment,
    isSession: true,
    onMessage: progress && ((text) => progress.read(text)),
  });
}

/** The repository is named, not searched for: a damaged one must not be taken for part of one further up. */
function inClone(folder: string): string[] {
  return [`--git-dir=${join(folder, ".git")}`, `--work-tree=${folder}`];
}

async function headOf(folder: string, signal: AbortSignal): Promise<string | undefined> {
  const query = ["rev-parse", "--verify", "--quiet", "--end-of-options", "HEAD^{commit}"];
  try {
    return await gitAnswer([...inClone(folder), ...query], { signal });
  } catch (error) {
    if (error instanceof GitFailure && !error.isNotInstalled) return undefined;
    throw error;
  }
}

async function hasBranch(folder: string, branch: string, signal: AbortSignal): Promise<boolean> {
  const ref = `refs/remotes/origin/${branch}`;
  try {
    await gitAnswer([...inClone(folder), "show-ref", "--verify", "--quiet", "--", ref], { signal });
    return true;
  } catch (error) {
    if (error instanceof GitFailure && error.exitCode === 1) return false;
    throw error;
  }
}

interface Turn {
  /** Aborted also when another process has taken over, because this one was stopped for long. */
  readonly signal: AbortSignal;
  readonly end: () => Promise<void>;
}

/** Waits until no other process is at work in the folder. */
async function takeTurn(home: string, remote: RepositoryUrl, options: CloneOptions): Promise<Turn> {
  const lost = new AbortController();
  const onCompromised = (): void => {
    const detail = "another process has taken over";
    lost.abort(resonaError("GIT_CLONE_FAILED", { url: remote.address, detail }));
  };
  const signal = options.signal ? AbortSignal.any([options.signal, lost.signal]) : lost.signal;
  for (;;) {
    signal.throwIfAborted();
    // Again in each round: a process whose clone has failed removes the folder, which is empty then.
    await mkdir(home, { recursive: true, mode: 0o700 });
    try {
      const settings = { realpath: false, stale: STALE_MS, update: HEARTBEAT_MS, onCompromised };
      const release = await lock(join(home, "clone"), settings);
      // What another process holds now is not ours to give back.
      return { signal, end: async () => (lost.signal.aborted ? undefined : release().catch(() => undefined)) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") continue;
      if (code !== "ELOCKED") throw error;
    }
    options.onProgress?.({ activity: "Waiting for another process" });
    await setTimeout(WAIT_MS, undefined, { signal }).catch(() => undefined);
  }
}
