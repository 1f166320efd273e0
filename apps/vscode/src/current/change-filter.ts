/** Whether a glob of the editor's settings matches a path of the folder. */
export type GlobMatcher = (glob: string, path: string) => boolean;

/** What in git's folder decides which files it lists, and which commit is checked out. */
const gitStateFiles: ReadonlySet<string> = new Set([".git/HEAD", ".git/index", ".git/info/exclude", ".git/logs/HEAD"]);

/** More folders are forgotten. */
const MAX_FOLDERS = 5_000;

/** Tells which changes of files are reason to bring the index of their folder up to date. */
export class ChangeFilter {
  readonly #indexFolder: string;
  readonly #globs: readonly string[];
  readonly #matches: GlobMatcher;
  /** Whether each folder is left out; a build writes thousands of files into a few of them. */
  readonly #folders = new Map<string, boolean>();

  /**
   * @param indexFolder relative to the folder, with `/`.
   * @param globs of what the user does not want to see; it is not indexed.
   */
  constructor(indexFolder: string, globs: readonly string[], matches: GlobMatcher) {
    this.#indexFolder = indexFolder;
    this.#globs = globs;
    this.#matches = matches;
  }

  /** @param path relative to the folder, with `/`. */
  matters(path: string): boolean {
    if (path === ".git" || path.startsWith(".git/")) return gitStateFiles.has(path);
    return path !== "" && !this.#isInLeftOut(path) && !this.#isLeftOut(path);
  }

  #isInLeftOut(path: string): boolean {
    const end = path.lastIndexOf("/");
    if (end === -1) return false;
    const folder = path.slice(0, end);
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const isLeftOut = this.#isInLeftOut(folder) || this.#isLeftOut(folder);
    if (this.#folders.size >= MAX_FOLDERS) this.#folders.clear();
    this.#folders.set(folder, isLeftOut);
    return isLeftOut;
  }

  #isLeftOut(path: string): boolean {
    return path === this.#indexFolder || this.#globs.some((glob) => this.#matches(glob, path));
  }
}
