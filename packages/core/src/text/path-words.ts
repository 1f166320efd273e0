import { splitIdentifier, wordPattern } from "./split-identifier.ts";
import { stem } from "./stem.ts";

/** The words of a path by how much they say about the file; stemmed, in order. */
export interface PathWords {
  /** Of the file's name without its extension, or of its directory's name where the name is the same everywhere. */
  readonly stem: readonly string[];
  /** Of the last three directories that do not stand for the stem. */
  readonly directories: readonly string[];
}

/** File names that say nothing but "the entrance of this directory". */
const entranceNames = new Set(["index", "mod", "init", "__init__", "package-info"]);
const DIRECTORIES = 3;

/** @param path relative, with `/` separators. */
export function pathWords(path: string): PathWords {
  const directories = path.split("/");
  let name = withoutExtension(directories.pop() ?? "");
  if (entranceNames.has(name) && directories.length > 0) name = directories.pop() ?? name;
  return { stem: words(name), directories: directories.slice(-DIRECTORIES).flatMap(words) };
}

/** `a.test.ts` keeps `a.test`, `.gitignore` stays whole. */
function withoutExtension(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(0, dot) : name;
}

function words(name: string): string[] {
  return (name.match(wordPattern) ?? []).flatMap(splitIdentifier).map(stem);
}
