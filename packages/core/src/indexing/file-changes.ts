import type { FileRecord } from "../model/file-record.ts";
import type { CommitBatch, FileReplacement } from "../store/store.ts";
import type { EmbeddedFile } from "./embed-files.ts";
import type { FileJob } from "./file-job.ts";

/** What is to be written for one path. */
export type FileChange = { readonly source: string; readonly records: number } & Kind;

type Kind =
  | { readonly kind: "replaced"; readonly job: FileJob; readonly replacement: FileReplacement }
  /** The content is the same; size, time or reason is not. */
  | { readonly kind: "refreshed"; readonly job: FileJob; readonly record: FileRecord }
  | { readonly kind: "removed" };

/** @param previousChunks how many chunks of the path the index holds; undefined for a path that it does not know. */
export function changeOf({ job, record, chunks }: EmbeddedFile, previousChunks: number | undefined): FileChange {
  const size = { source: record.path, records: chunks?.length ?? 0 };
  if (chunks === undefined && previousChunks !== undefined) return { ...size, kind: "refreshed", job, record };
  return { ...size, kind: "replaced", job, replacement: { file: record, chunks: chunks ?? [], previousChunks } };
}

export function removal(path: string): FileChange {
  return { source: path, records: 0, kind: "removed" };
}

/** Whether a path of which the index has contents has none any more after the change. */
export function leavesNothing(change: FileChange): boolean {
  if (change.kind === "removed") return true;
  return change.kind === "replaced" && change.replacement.file.outcome.kind !== "indexed";
}

export function commitBatch(changes: readonly FileChange[]): CommitBatch {
  return {
    replaced: changes.flatMap((change) => (change.kind === "replaced" ? [change.replacement] : [])),
    refreshed: changes.flatMap((change) => (change.kind === "refreshed" ? [change.record] : [])),
    removed: changes.flatMap((change) => (change.kind === "removed" ? [change.source] : [])),
  };
}

/** To be called when the changes are written. */
export function settle(changes: readonly FileChange[]): void {
  for (const change of changes)
    if (change.kind !== "removed" && change.job.state.kind === "embedded") change.job.advance({ kind: "committed" });
}
