import type { KnownFiles } from "../changes/known-files.ts";
import { trustedMtime } from "../changes/trusted-mtime.ts";
import type { Chunker } from "../chunk/chunker.ts";
import { readSource } from "../discover/read-source.ts";
import type { ChunkedFile } from "../model/chunk.ts";
import type { DiscoveredFile } from "../model/source-file.ts";
import type { ResolvedOptions } from "../options/options.ts";
import type { FileRecord } from "../store/store.ts";

/** What is to be committed for one file, before its chunks are embedded. */
export type PreparedFile =
  | {
      readonly kind: "replaced";
      readonly record: FileRecord;
      readonly chunks: ChunkedFile["chunks"];
      readonly bytes: number;
    }
  | { readonly kind: "refreshed"; readonly record: FileRecord; readonly bytes: number };

const NEVER_READ = "0".repeat(32);

/**
 * Reads and chunks one new or possibly changed file. Never rejects for the file's sake: whatever goes wrong with it
 * becomes its record, and the next run tries again.
 */
export async function prepareFile(
  file: DiscoveredFile,
  context: {
    readonly workspace: string;
    readonly options: ResolvedOptions;
    readonly known: KnownFiles<FileRecord>;
    readonly chunker: Chunker;
  },
): Promise<PreparedFile> {
  const { workspace, options, known, chunker } = context;
  const { path, size } = file;
  const base = { path, size, language: "", chunkCount: 0 };
  if (file.kind === "skipped") {
    const record: FileRecord = { ...base, hash: NEVER_READ, mtimeMs: file.mtimeMs, outcome: file };
    return { kind: "replaced", record, chunks: [], bytes: 0 };
  }
  const mtimeMs = trustedMtime(file.mtimeMs, Date.now());
  try {
    const content = await readSource(workspace, file, options);
    const before = known.get(path);
    if (before?.hash === content.hash) return { kind: "refreshed", record: { ...before, size, mtimeMs }, bytes: size };
    if (content.kind === "skipped") {
      const record: FileRecord = { ...base, hash: content.hash, mtimeMs, outcome: content };
      return { kind: "replaced", record, chunks: [], bytes: size };
    }
    const { language, chunks } = await chunker.chunk(path, content.text);
    const record: FileRecord = {
      ...base,
      hash: content.hash,
      mtimeMs,
      language,
      chunkCount: chunks.length,
      outcome: { kind: "indexed" },
    };
    return { kind: "replaced", record, chunks, bytes: size };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Time 0: the next run looks at the file again.
    const record: FileRecord = { ...base, hash: NEVER_READ, mtimeMs: 0, outcome: { kind: "failed", message } };
    return { kind: "replaced", record, chunks: [], bytes: 0 };
  }
}
