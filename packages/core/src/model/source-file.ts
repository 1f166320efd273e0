import type { SkipReason } from "./skip-reason.ts";

/** A file of the workspace that may be worth indexing; nothing of its content is read yet. */
export interface SourceFile {
  readonly kind: "file";
  /** Relative to the workspace's root, `/` separators on every platform. The base id of the file's chunks. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Modification time in milliseconds since 1970, with the fraction that the file system gives. */
  readonly mtimeMs: number;
}

/** A path that was found and will not be indexed, with the reason shown to the user. */
export interface SkippedFile {
  readonly kind: "skipped";
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  readonly reason: SkipReason;
}

export type DiscoveredFile = SourceFile | SkippedFile;

/** What reading a file gives: its text with the hash that decides whether it changed, or why it has none to index. */
export type SourceContent =
  | { readonly kind: "text"; readonly text: string; readonly hash: string }
  | { readonly kind: "skipped"; readonly reason: SkipReason; readonly hash: string };
