import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

// Neither exists on Windows, where opening a pipe by path does not block and links need rights of their own.
const noFollow = constants.O_NOFOLLOW ?? 0;
const nonBlocking = constants.O_NONBLOCK ?? 0;

/**
 * Opens a regular file for reading; undefined when the path is anything else. Never waits: opening a pipe that nobody
 * writes to would block for ever without O_NONBLOCK. A symbolic link as the last part of the path is not followed
 * (ELOOP).
 *
 * @throws the error of the file system
 */
export async function openRegularFile(path: string): Promise<{ handle: FileHandle; size: number } | undefined> {
  const handle = await open(path, constants.O_RDONLY | noFollow | nonBlocking);
  try {
    const stats = await handle.stat();
    if (stats.isFile()) return { handle, size: stats.size };
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return undefined;
}

/** Reads a file of at most `limit` bytes; undefined when it is larger. */
export async function readBounded(handle: FileHandle, size: number, limit: number): Promise<Buffer | undefined> {
  if (size > limit) return undefined;
  // One byte more than expected shows that the file has grown since; it is then read up to the limit, never whole.
  let buffer = Buffer.allocUnsafe(size + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
    length += bytesRead;
    if (bytesRead === 0) return buffer.subarray(0, length);
    if (length > limit) return undefined;
    if (length === buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(buffer.length * 2, limit + 1));
      buffer.copy(larger, 0, 0, length);
      buffer = larger;
    }
  }
}
