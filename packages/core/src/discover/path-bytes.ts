import { isUtf8 } from "node:buffer";

/**
 * A path as text, from the bytes that the file system or git gives.
 *
 * Names that are not UTF-8 exist on Linux and cannot be written down faithfully. Such a path is shown with every byte
 * that is not printable ASCII as `%XX`, with `%` itself as `%25`, behind `./`: no two byte sequences give the same
 * text, and no ordinary path (which never starts with `./`) gives it either.
 */
export function pathFromBytes(bytes: Buffer): { readonly path: string; readonly isValid: boolean } {
  if (isUtf8(bytes)) return { path: bytes.toString("utf8"), isValid: true };
  let path = "./";
  for (const byte of bytes) {
    const isPlain = byte > 0x20 && byte < 0x7f && byte !== percent;
    path += isPlain ? String.fromCodePoint(byte) : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return { path, isValid: false };
}

const percent = 0x25;

/** The folder part of a workspace-relative path; empty for a path at the top. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

/** The last part of a workspace-relative path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
