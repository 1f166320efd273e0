import type { KnownFiles } from "../changes/known-files.ts";
import { UNTRUSTED, trustedMtime } from "../changes/trusted-mtime.ts";
import type { Chunker } from "../chunk/chunker.ts";
import { readSource } from "../discover/read-source.ts";
import type { Chunk } from "../model/chunk.ts";
import type { FileRecord, SettledOutcome } from "../model/file-record.ts";
import type { SkipReason } from "../model/skip-reason.ts";
import type { DiscoveredFile, SkippedFile, SourceFile } from "../model/source-file.ts";
import type { ResolvedOptions } from "../options/options.ts";
import { FileJob } from "./file-job.ts";

/** What is to be committed for one file, before its chunks are embedded. */
export interface PreparedFile {
  readonly job: FileJob;
  readonly record: FileRecord;
  /** Undefined when the chunks that the index holds stay. */
  readonly chunks: readonly Chunk[] | undefined;
  /** Whether the index holds this very record, so that nothing is to be written. */
  readonly isRecorded?: boolean;
  readonly bytesRead: number;
  /** What went wrong, if it did. */
  readonly failure?: string;
}

export interface PrepareContext {
  readonly workspace: string;
  readonly options: ResolvedOptions;
  readonly known: KnownFiles;
  readonly chunker: Chunker;
  readonly signal: AbortSignal;
}

const NEVER_READ = "0".repeat(32);

/**
 * Reads and chunks one new or possibly changed file. Never rejects for the file's sake: whatever goes wrong becomes
 * its record, and the next run tries again. Rejects with the signal's reason when it is aborted.
 *
 * @returns undefined for a file that is gone since it was found.
 */
export async function prepareFile(file: DiscoveredFile, context: PrepareContext): Promise<PreparedFile | undefined> {
  const { path, size, mtimeMs } = file;
  const job = new FileJob();
  try {
    if (file.kind === "skipped") {
      refuseToForget(file, context);
      job.advance({ kind: "skipped", reason: file.reason });
      const base = { path, size, mtimeMs, hash: NEVER_READ, language: "", chunkCount: 0 };
      return { job, record: { ...base, outcome: skipped(file) }, chunks: [], bytesRead: 0 };
    }
    const prepared = await job.attempt(() => readAndChunk(file, context), context.signal);
    if (prepared === undefined) return undefined;
    const { outcome } = prepared.record;
    job.advance(outcome.kind === "skipped" ? outcome : { kind: "chunked" });
    return { job, ...prepared };
  } catch (error) {
    context.signal.throwIfAborted();
    const failure = spokenError(error);
    if (job.state.kind !== "failed") job.advance({ kind: "failed", error: failure, mayPass: false });
    return { job, ...failedFile(file, context.known, failure) };
  }
}

/** What is recorded of a file that failed. What is indexed of it stays, and the next run looks at it again. */
export function failedFile(
  { path, size }: Pick<DiscoveredFile, "path" | "size">,
  known: KnownFiles,
  failure: string,
): Omit<PreparedFile, "job"> {
  const before = known.settled(path);
  const unread = { path, size, mtimeMs: UNTRUSTED, hash: NEVER_READ, language: "", chunkCount: 0 };
  const record: FileRecord =
    before?.outcome.kind === "indexed"
      ? { ...before, mtimeMs: UNTRUSTED, outcome: { kind: "indexed", failure } }
      : { ...unread, outcome: { kind: "failed", message: failure } };
  return { record, chunks: undefined, bytesRead: 0, failure };
}

async function readAndChunk(file: SourceFile, context: PrepareContext): Promise<Omit<PreparedFile, "job"> | undefined> {
  const { path, size } = file;
  const mtimeMs = trustedMtime(file.mtimeMs, Date.now());
  const content = await readSource(context.workspace, file, context.options);
  if (content === undefined) return undefined;
  const { hash } = content;
  const before = context.known.settled(path);
  if (before?.hash === hash) {
    const isRecorded = before.size === size && Object.is(before.mtimeMs, mtimeMs) && !context.known.hasFailed(path);
    return { record: { ...before, size, mtimeMs }, chunks: undefined, isRecorded, bytesRead: size };
  }
  const base = { path, size, mtimeMs, hash, language: "", chunkCount: 0 };
  if (content.kind === "skipped") {
    return { record: { ...base, outcome: skipped(content) }, chunks: [], bytesRead: size };
  }
  const { language, chunks } = await context.chunker.chunk(path, content.text);
  const record: FileRecord = { ...base, language, chunkCount: chunks.length, outcome: { kind: "indexed" } };
  return { record, chunks, bytesRead: size };
}

/** A file that was indexed and cannot be read today may be readable tomorrow. */
function refuseToForget({ path, reason }: SkippedFile, { known }: PrepareContext): void {
  if (reason === "unreadable" && known.settled(path)?.outcome.kind === "indexed")
    throw new Error("It could not be read.");
}

/** `EACCES: permission denied, open '/path'` → `It could not be read: permission denied.` */
function spokenError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const what = /^E[A-Z\d]+: ([^,]+)/.exec(error.message)?.[1];
  return what === undefined ? error.message : `It could not be read: ${what}.`;
}

function skipped({ reason }: { readonly reason: SkipReason }): SettledOutcome {
  return { kind: "skipped", reason };
}
