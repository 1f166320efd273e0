/** Whether a glob of the editor's settings matches a path of the folder. */
export type GlobMatcher = (glob: string, path: string) => boolean;

/** What in git's folder decides which files it lists, and which commit is checked out. */
const gitStateFiles: ReadonlySet<string> = new Set([".git/HEAD", ".git/index", ".git/info/exclude", ".git/logs/HEAD"]);

/** What of an index changes when somebody begins or ends to write it; the folder itself is among it. */
const indexStateFiles: ReadonlySet<string> = new Set(["", "/index.json", "/writer.json", "/writer.lock"]);

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

  /**
   * Whether it says of the index that somebody writes it, or what it is. Never of an index outside the folder.
   *
   * @param path relative to the folder, with `/`.
   */
  isStateOfIndex(path: string): boolean {
    return path.startsWith(this.#indexFolder) && indexStateFiles.has(path.slice(this.#indexFolder.length));
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
