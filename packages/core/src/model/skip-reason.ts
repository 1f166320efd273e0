/** Why a file is not indexed, and how that is told to the user. Stable: the words are stored in the index. */
export const skipReasons = {
  binary: "not text",
  "too-large": "larger than the size limit",
  minified: "minified or machine-written lines",
  generated: "marked as generated",
  "lock-file": "a package manager's lock file",
  "outside-link": "a symbolic link that leaves the workspace",
  "unsupported-name": "a file name that is not valid UTF-8",
  "linked-worktree": "another worktree of a repository that is in the workspace already",
  "not-a-file": "neither a file nor a link to one",
  unreadable: "could not be read, or a link to nowhere",
  empty: "empty",
  excluded: "excluded by a glob; a folder counts once",
} as const;

export type SkipReason = keyof typeof skipReasons;
