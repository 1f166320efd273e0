import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

import { type ErrorCode, ResonaError, resonaError } from "./errors.ts";
import type { CloneProgress } from "./git/clone-progress.ts";
import type { NoticeEvent } from "./model/progress.ts";

/** A repository's clone, and where its index belongs. */
export interface RepositoryWorkspace {
  /** The work tree. */
  readonly workspace: string;
  /** Beside the work tree, where no file of the repository can pose as it. */
  readonly index: string;
}

export interface RepositoryOptions {
  /** The default branch if left out. */
  readonly branch?: string | undefined;
  /** Whether the repository is cloned, or its clone brought up to date; false takes the clone as it is. True by default. */
  readonly fetch?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before anything is fetched, with the URL as it may be shown: without credentials. */
  readonly onFetch?: ((address: string) => void) | undefined;
  readonly onProgress?: ((progress: CloneProgress) => void) | undefined;
  /** `CLONE_NOT_UPDATED`: the repository cannot be reached, and its clone is taken as it is. */
  readonly onNotice?: ((notice: NoticeEvent) => void) | undefined;
}

/** With any of these nothing was changed in the clone that is there. */
const usableDespite: ReadonlySet<ErrorCode> = new Set([
  "GIT_UNREACHABLE",
  "GIT_REPOSITORY_NOT_FOUND",
  "GIT_AUTHENTICATION_FAILED",
  "GIT_NOT_INSTALLED",
]);

/**
 * Clones a git repository into a cache, or brings the clone that is there up to date; `openEngine` takes the result.
 * Where the repository cannot be reached, a clone of it is taken as it is, with a notice.
 *
 * @param url https://, ssh://, git@host:path or file:///
 * @throws ResonaError with the GIT_ codes; NO_INDEX where nothing is to be fetched and there is no clone; the signal's
 *   reason when it is aborted.
 */
export async function openRepository(
  url: string,
  cacheFolder: string,
  { fetch = true, onNotice, ...options }: RepositoryOptions = {},
): Promise<RepositoryWorkspace> {
  const { cloneFolder, cloneOrUpdate } = await import("./git/clone-repository.ts");
  const workspace = cloneFolder(url, cacheFolder, options.branch);
  const index = join(dirname(workspace), "index");
  if (!fetch) {
    if (!existsSync(workspace)) throw resonaError("NO_INDEX", { path: index });
    return { workspace, index };
  }
  try {
    await cloneOrUpdate(url, cacheFolder, options);
  } catch (error) {
    if (!(error instanceof ResonaError && usableDespite.has(error.code)) || !existsSync(workspace)) throw error;
    const message = `${error.message} Its clone is used as it was when it was last brought up to date.`;
    onNotice?.({ type: "notice", code: "CLONE_NOT_UPDATED", message });
  }
  return { workspace, index };
}
