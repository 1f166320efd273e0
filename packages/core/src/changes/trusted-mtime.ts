/**
 * The modification time to record for a file whose content was read at `readAtMs`: its own, or NaN when it is too
 * young to be trusted.
 *
 * A file can be written twice within one tick of the file system's clock. If it is read between the two writes, the
 * second leaves size and time as recorded, and the change would never be seen ("racily clean" in git). So a time that
 * is not clearly older than the reading, or lies in the future, is recorded as NaN, which equals no time: the next
 * run reads the file again and finds the hash the same. (Any number is the time of some file: archives made to be the
 * same every time set 0.)
 *
 * @param mtimeMs as found before reading; milliseconds since 1970
 * @param readAtMs the moment before the file was opened; milliseconds since 1970
 */
export function trustedMtime(mtimeMs: number, readAtMs: number): number {
  return mtimeMs < readAtMs - coarsestTickMs ? mtimeMs : UNTRUSTED;
}

/** Recorded in place of a time that would not show a later change. */
export const UNTRUSTED: number = Number.NaN;

/** FAT stores times in steps of two seconds; nothing in use is coarser. */
const coarsestTickMs = 2_000;
