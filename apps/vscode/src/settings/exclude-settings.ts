/** The globs that are switched on in `files.exclude` and settings like it; those with a condition are not. */
export function enabledGlobs(...settings: readonly (Readonly<Record<string, unknown>> | undefined)[]): string[] {
  return settings.flatMap((globs) =>
    Object.entries(globs ?? {}).flatMap(([glob, value]) => (value === true ? [glob] : [])),
  );
}

/** The engine refuses longer ones. */
const LONGEST_GLOB = 1_000;

/**
 * Globs of the editor's settings as the engine's option `exclude` has them. The editor's always hold from the folder's
 * root, which the engine has to be told of those without a slash, and know no other special characters than
 * `*`, `?`, `[`, `{` and what belongs to these. What cannot be a glob of a file is left out; the engine would not start.
 */
export function engineGlobs(globs: readonly string[]): string[] {
  return globs.map(rooted).filter((glob) => /[^/]/.test(glob) && glob.length <= LONGEST_GLOB);
}

function rooted(glob: string): string {
  const literal = glob.replace(/(\[[^\]/]*\])|[()|+@!$^\\]/g, (char, range) =>
    range === undefined ? `\\${char}` : range,
  );
  return literal.startsWith("/") ? literal : `/${literal}`;
}
