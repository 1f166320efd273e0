import { isUtf8 } from "node:buffer";

import { gitOutput } from "../support/git-process.ts";
import { separateFields } from "../support/separate-fields.ts";
import type { Repository } from "./repository.ts";

const tab = 0x09;

/**
 * The files of a commit, relative to the repository's folder; neither links nor submodules. Names that are not UTF-8 are
 * left out: such files are not indexed.
 *
 * @param commit in hexadecimal
 * @throws GitFailure
 */
export async function* trackedFiles(
  { folder }: Repository,
  commit: string,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const args = ["-C", folder, "ls-tree", "-r", "-z", commit];
  for await (const entries of separateFields(gitOutput(args, { signal }))) {
    for (const entry of entries) {
      // `<mode> <type> <hash>\t<path>`; the mode of a regular file begins with 100.
      if (entry.toString("latin1", 0, 3) !== "100") continue;
      const path = entry.subarray(entry.indexOf(tab) + 1);
      if (isUtf8(path)) yield path.toString("utf8");
    }
  }
}
