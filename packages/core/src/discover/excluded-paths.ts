import { globMatcher, rootedGlob } from "../support/path-glob.ts";
import { folderOf } from "./path-bytes.ts";

const maxRememberedFolders = 2_000;

/** The files and folders that the user's globs exclude; a folder with all that is in it. */
export class ExcludedPaths {
  readonly plain: PlainGlobs;
  /** Undefined where there are no globs. */
  readonly #matches: ((path: string) => boolean) | undefined;
  /** Paths come folder by folder, and most of them are of no excluded one. */
  readonly #folders = new Map<string, string | undefined>([["", undefined]]);

  constructor(globs: readonly string[]) {
    const rooted = globs.map(rootedGlob).filter((glob) => glob !== undefined);
    this.plain = plainGlobs(rooted);
    this.#matches = rooted.length === 0 ? undefined : globMatcher(rooted);
  }

  /** The highest folder that is excluded and has the path in it, or the path itself; undefined if it is not excluded. */
  holderOf(path: string): string | undefined {
    if (this.#matches === undefined) return undefined;
    return this.#holderOfFolder(folderOf(path)) ?? (this.#matches(path) ? path : undefined);
  }

  #holderOfFolder(folder: string): string | undefined {
    const known = this.#folders.get(folder);
    if (known !== undefined || this.#folders.has(folder)) return known;
    const holder = this.holderOf(folder);
    if (this.#folders.size >= maxRememberedFolders) {
      this.#folders.clear();
      this.#folders.set("", undefined);
    }
    this.#folders.set(folder, holder);
    return holder;
  }
}

/** The globs that only name something: those can be said to programs that know no globs, or others than these. */
interface PlainGlobs {
  /** Names of files and folders, at any depth. */
  readonly names: readonly string[];
  /** Relative to the workspace. */
  readonly paths: readonly string[];
}

function plainGlobs(rooted: readonly string[]): PlainGlobs {
  const names: string[] = [];
  const paths: string[] = [];
  for (const glob of rooted) {
    const literal = glob.replace(/^(?:\*\*\/)+/, "");
    if (!/^[\p{L}\p{N}_./@~+-]+$/u.test(literal)) continue;
    if (glob === literal) paths.push(literal);
    else if (!literal.includes("/")) names.push(literal);
  }
  return { names, paths };
}
