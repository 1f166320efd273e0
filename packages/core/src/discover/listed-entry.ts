import type { SkippedFile } from "../model/source-file.ts";

/**
 * What a listing (git's or the walk's) finds, before anything is asked of the file system:
 * a path to look at, a name that is not UTF-8 (its bytes relative to the workspace), the folder of a nested repository
 * with rules of its own, a file or folder that the user excludes, or something settled already.
 */
export type ListedEntry =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "badly-named"; readonly path: string; readonly bytes: Buffer }
  | { readonly kind: "repository"; readonly path: string }
  | { readonly kind: "excluded"; readonly path: string }
  | SkippedFile;

/** Entries go from a listing to their inspection in batches of about this size: the bound of what is in flight. */
export const listedBatchSize = 256;
