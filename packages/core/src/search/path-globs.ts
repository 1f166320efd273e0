import { resonaError } from "../errors.ts";
import { globMatcher, rootedGlob } from "../support/path-glob.ts";

/**
 * Compiles globs into one test of a workspace-relative path. A glob with a slash inside, or at its start, is matched
 * from the workspace's root; one without, at any depth (`*.ts`, `tests`). A directory stands for everything below it.
 * Leading dots need not be spelled out. `!glob` excludes, wherever it stands; with nothing but exclusions the rest
 * is included.
 *
 * @throws ResonaError `OPTION_INVALID` for an empty or overlong glob.
 */
export function pathMatcher(globs: readonly string[]): (path: string) => boolean {
  const included = globs.filter((glob) => !glob.startsWith("!")).map(compile);
  const excluded = globs.filter((glob) => glob.startsWith("!")).map((glob) => compile(glob.slice(1)));
  return (path) =>
    (included.length === 0 || included.some((matches) => matches(path))) && !excluded.some((matches) => matches(path));
}

function compile(glob: string): (path: string) => boolean {
  const rooted = rootedGlob(glob);
  if (rooted === undefined)
    throw resonaError("OPTION_INVALID", { option: "path", detail: `cannot be the glob "${glob.slice(0, 50)}"` });
  return globMatcher([rooted, `${rooted}/**`]);
}
