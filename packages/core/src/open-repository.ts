import { dirname, join } from "node:path";

import type { CloneProgress } from "./git/clone-progress.ts";

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
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: CloneProgress) => void) | undefined;
}

/**
 * Clones a git repository into a cache, or brings the clone that is there up to date; `openEngine` takes the result.
 *
 * @param url https://, ssh://, git@host:path or file:///
 * @throws ResonaError with the GIT_ codes; the signal's reason when it is aborted.
 */
export async function openRepository(
  url: string,
  cacheFolder: string,
  options: RepositoryOptions = {},
): Promise<RepositoryWorkspace> {
  const { cloneOrUpdate } = await import("./git/clone-repository.ts");
  const { folder } = await cloneOrUpdate(url, cacheFolder, options);
  return { workspace: folder, index: join(dirname(folder), "index") };
}
