import type { SkipReason } from "./skip-reason.ts";

/** What the index knows of a file: enough to decide whether it changed, and what became of it. */
export interface FileRecord {
  readonly path: string;
  /** 32 hexadecimal digits; all zeros or empty when its content was never read. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
  /** NaN when the time cannot be trusted to show a later change (`changes/trusted-mtime.ts`). */
  readonly mtimeMs: number;
  /** Lower-case name from the language table; empty for a file without chunks. */
  readonly language: string;
  readonly chunkCount: number;
  readonly outcome: FileOutcome;
}

export type FileOutcome = SettledOutcome | { readonly kind: "failed"; readonly message: string };

/** The file was processed to the end, so that the same content need not be again. */
export type SettledOutcome =
  | {
      readonly kind: "indexed";
      /** Why the file could not be indexed since: what the index holds is of an earlier content. */
      readonly failure?: string;
    }
  | { readonly kind: "skipped"; readonly reason: SkipReason };
