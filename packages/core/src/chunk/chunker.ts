import type { ChunkedFile } from "../model/chunk.ts";

export interface Chunker {
  /**
   * Splits one file. Never fails for what the file contains: whatever cannot be parsed is split by lines.
   * `path` decides the language; nothing is read from disk.
   */
  chunk(path: string, text: string, signal?: AbortSignal): Promise<ChunkedFile>;
  close(): Promise<void>;
}
