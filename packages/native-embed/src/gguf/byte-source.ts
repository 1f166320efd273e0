import { open, readFile, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

import { nativeEmbedError } from "../errors.ts";

/** Random access to the bytes of a model, wherever they are. Nothing above it knows of files. */
export interface ByteSource {
  /** What errors call it: the path of a file. */
  readonly name: string;
  /** Bytes, fixed when the source was opened. */
  readonly size: number;
  /**
   * Fills all of `target` with the bytes from `position` on.
   * Rejects with `TRUNCATED` when the source ends before that, `MODEL_NOT_READABLE` when reading fails.
   */
  read(target: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file as a source; the caller closes it.
 * Rejects with `MODEL_NOT_FOUND` or `MODEL_NOT_READABLE`.
 */
export async function openFileSource(path: string): Promise<ByteSource> {
  const file = await openRegularFile(path);
  if (file instanceof Uint8Array) return memorySource(file, path);
  try {
    const { size } = await file.stat();
    return {
      name: path,
      size,
      read: (target, position) => readFully(file, path, target, position),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw notReadable(path, error);
  }
}

/** Bytes that are in memory already. */
export function memorySource(bytes: Uint8Array, name = "memory"): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    async read(target, position) {
      if (position + target.byteLength > bytes.byteLength) throw truncated(name, position + target.byteLength);
      target.set(bytes.subarray(position, position + target.byteLength));
    },
    async close() {},
  };
}

/** A source that is read no further once the signal is aborted. */
export function untilAborted(source: ByteSource, signal: AbortSignal | undefined): ByteSource {
  if (!signal) return source;
  return {
    name: source.name,
    size: source.size,
    async read(target, position) {
      signal.throwIfAborted();
      await source.read(target, position);
    },
    close: () => source.close(),
  };
}

async function openRegularFile(path: string): Promise<FileHandle | Uint8Array> {
  try {
    // Opening a named pipe would wait for a writer for ever, so what the path is gets asked first.
    if ((await stat(path)).isFile()) return await openOrRead(path);
  } catch (error) {
    throw isMissing(error) ? nativeEmbedError("MODEL_NOT_FOUND", path, undefined, error) : notReadable(path, error);
  }
  throw nativeEmbedError("MODEL_NOT_READABLE", path, "it is not a regular file");
}

/** What a single-file executable carries is a file by all appearances, which can be read whole but not opened. */
async function openOrRead(path: string): Promise<FileHandle | Uint8Array> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (!isMissing(error)) throw error;
    return await readFile(path);
  }
}

async function readFully(handle: FileHandle, path: string, target: Uint8Array, position: number): Promise<void> {
  let filled = 0;
  while (filled < target.byteLength) {
    const { bytesRead } = await handle
      .read(target, filled, target.byteLength - filled, position + filled)
      .catch((error: unknown) => {
        throw notReadable(path, error);
      });
    if (bytesRead === 0) throw truncated(path, position + target.byteLength);
    filled += bytesRead;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}

function notReadable(path: string, error: unknown): Error {
  return nativeEmbedError("MODEL_NOT_READABLE", path, error instanceof Error ? error.message : String(error), error);
}

function truncated(name: string, needed: number): Error {
  return nativeEmbedError("TRUNCATED", name, `${needed} bytes are needed`);
}
