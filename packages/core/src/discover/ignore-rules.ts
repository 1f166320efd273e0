import ignore from "ignore";
import type { Ignore } from "ignore";

import { openRegularFile, readBounded } from "./open-regular-file.ts";
import { folderOf } from "./path-bytes.ts";

/** The rules of one folder: those of its own ignore file behind those of all folders above. */
export interface FolderRules {
  /** `path` is relative to the workspace; a folder's ends with `/`. */
  ignores(path: string): boolean;
}

/**
 * Ignore files of one name (`.gitignore`, `.resonaignore`) in gitignore syntax at any depth of a workspace, read when
 * their folder is first asked for.
 *
 * A deeper file overrules a higher one and can re-include what that excludes, unless a parent folder is excluded: the
 * rules of git. That works only with one ordered list of rules per folder, so the patterns of a nested file are
 * rewritten to start at the workspace's root.
 */
export class IgnoreRules {
  readonly #root: string;
  readonly #fileName: string;
  readonly #top: FolderRulesList | undefined;
  readonly #folders = new Map<string, Promise<FolderRulesList | undefined>>();

  /** `defaults` are patterns that every ignore file overrules. */
  constructor(root: string, fileName: string, defaults: readonly string[] = []) {
    this.#root = root;
    this.#fileName = fileName;
    this.#top = defaults.length === 0 ? undefined : new FolderRulesList(newIgnore().add(defaults));
  }

  /** The rules for what lies directly in a folder; undefined when there are none. */
  of(folder: string): Promise<FolderRules | undefined> {
    return this.#of(folder);
  }

  #of(folder: string): Promise<FolderRulesList | undefined> {
    let rules = this.#folders.get(folder);
    if (rules === undefined) {
      // Paths come folder by folder, so forgetting now and then costs little and bounds the memory.
      if (this.#folders.size >= maxRememberedFolders) this.#folders.clear();
      rules = this.#load(folder);
      this.#folders.set(folder, rules);
    }
    return rules;
  }

  async #load(folder: string): Promise<FolderRulesList | undefined> {
    const above = folder === "" ? this.#top : await this.#of(folderOf(folder));
    const text = await readRuleFile(`${this.#root}/${folder === "" ? "" : `${folder}/`}${this.#fileName}`);
    const patterns = text === undefined ? [] : rebasePatterns(text, folder);
    return patterns.length === 0 ? above : new FolderRulesList(withRules(above?.rules).add(patterns));
  }
}

/**
 * The patterns of an ignore file in `folder` (workspace-relative), rewritten to mean the same in an ignore file at the
 * workspace's root: `/keep` in `src` becomes `/src/keep`.
 */
export function rebasePatterns(text: string, folder: string): string[] {
  const patterns: string[] = [];
  for (const line of text.replace(/^\u{FEFF}/u, "").split(/\r?\n/u)) {
    const isNegated = line.startsWith("!");
    const body = trimSpaces(isNegated ? line.slice(1) : line);
    if (body === "" || body === "/" || line.startsWith("#") || line.length > maxPatternLength) continue;
    if (folder === "") {
      patterns.push(line);
      continue;
    }
    const slash = body.indexOf("/");
    // A slash anywhere but at the end ties a pattern to the folder of its file.
    const isAnchored = slash !== -1 && slash < body.length - 1;
    const tail = isAnchored ? body.replace(/^\//u, "") : `**/${body}`;
    patterns.push(`${isNegated ? "!" : ""}/${folder.replaceAll(/[\\*?[\]]/gu, String.raw`\$&`)}/${tail}`);
  }
  return patterns;
}

const maxRememberedFolders = 2_000;
// No path is longer, so no such pattern can match, and a regular expression of any length is not to be built.
const maxPatternLength = 4_096;
const maxRuleFileBytes = 1_048_576;
const maxCachedVerdicts = 10_000;

class FolderRulesList implements FolderRules {
  rules: Ignore;
  #verdicts = 0;

  constructor(rules: Ignore) {
    this.rules = rules;
  }

  ignores(path: string): boolean {
    this.#verdicts += 1;
    // The library remembers its verdict on every path it ever saw; a copy shares the compiled rules and starts empty.
    if (this.#verdicts % maxCachedVerdicts === 0) this.rules = withRules(this.rules);
    return this.rules.ignores(path);
  }
}

function newIgnore(): Ignore {
  // As git's core.ignoreCase is set on these platforms.
  return ignore({ ignoreCase: process.platform === "win32" || process.platform === "darwin" });
}

function withRules(rules: Ignore | undefined): Ignore {
  return rules === undefined ? newIgnore() : newIgnore().add(rules);
}

/** Trailing spaces do not count unless escaped. */
function trimSpaces(body: string): string {
  let end = body.length;
  while (end > 0 && body[end - 1] === " ") end -= 1;
  let backslashes = 0;
  while (body[end - 1 - backslashes] === "\\") backslashes += 1;
  return backslashes % 2 === 1 && end < body.length ? body.slice(0, end + 1) : body.slice(0, end);
}

async function readRuleFile(path: string): Promise<string | undefined> {
  try {
    const file = await openRegularFile(path);
    if (file === undefined) return undefined;
    try {
      const bytes = await readBounded(file.handle, file.size, maxRuleFileBytes);
      return bytes?.toString("utf8");
    } finally {
      await file.handle.close();
    }
  } catch {
    // Missing nearly always; one that cannot be read has no rules, as for git.
    return undefined;
  }
}
