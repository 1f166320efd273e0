import picomatch from "picomatch";

/** Far beyond what anyone writes; compiling a glob takes time that grows with its length. */
const LONGEST_GLOB = 1_000;

/**
 * A glob as it is matched against whole workspace-relative paths: one with a slash inside, or at its start, holds from
 * the workspace's root, one without at any depth (`*.ts`, `tests`). Undefined for an empty or overlong one.
 */
export function rootedGlob(glob: string): string | undefined {
  const bare = glob.replace(/^(?:\.\/)+/, "").replace(/\/+$/, "");
  if (bare === "" || glob.length > LONGEST_GLOB) return undefined;
  return bare.includes("/") ? bare.replace(/^\/+/, "") : `**/${bare}`;
}

/**
 * Compiles rooted globs into one test. Leading dots need not be spelled out, a leading `!` or `#` is part of a name, and
 * `[!a]` is any character but these.
 */
export function globMatcher(rooted: readonly string[]): (path: string) => boolean {
  return picomatch([...rooted], { dot: true, nonegate: true, posix: true });
}
