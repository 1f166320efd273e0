/**
 * The modification time to record for a file whose content was read at `readAtMs`: its own, or 0 when it is too young
 * to be trusted.
 *
 * A file can be written twice within one tick of the file system's clock. If it is read between the two writes, the
 * second leaves size and time as recorded, and the change would never be seen ("racily clean" in git). So a time that
 * is not clearly older than the reading, or lies in the future, is recorded as 0, which never compares as unchanged:
 * the next run reads the file again and finds the hash the same.
 *
 * @param mtimeMs as found before reading; milliseconds since 1970
 * @param readAtMs the moment before the file was opened; milliseconds since 1970
 */
export function trustedMtime(mtimeMs: number, readAtMs: number): number {
  return mtimeMs < readAtMs - coarsestTickMs ? mtimeMs : 0;
}

/** FAT stores times in steps of two seconds; nothing in use is coarser. */
const coarsestTickMs = 2_000;
