import { hash } from "node:crypto";
import { realpath } from "node:fs/promises";

import type { SkipReason } from "../model/skip-reason.ts";
import type { SourceContent, SourceFile } from "../model/source-file.ts";
import { skipReasonOfContent } from "./content-rules.ts";
import { decodeText } from "./decode-text.ts";
import { openRegularFile, readBounded } from "./open-regular-file.ts";
import { pathInside } from "./workspace.ts";

/**
 * Reads a file found by `discoverFiles(root)` as text, or tells why it has none worth indexing. At most
 * `maxFileBytes + 1` bytes are read, even if the file has grown since it was found; nothing outside of `root` is, even
 * if the path or a part of it has become a link since. Never waits on a pipe.
 *
 * The hash is that of the bytes, for skipped content too, so that the same content is known again without being
 * judged again; it is empty when the content could not be read whole.
 *
 * @returns undefined when the file is gone since it was found, or a link has taken its place, which is never followed.
 * @throws the error of the file system when the file is there and cannot be read; the signal's reason when aborted.
 */
export async function readSource(
  root: string,
  file: Pick<SourceFile, "path">,
  options: { readonly maxFileBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<SourceContent | undefined> {
  options.signal?.throwIfAborted();
  const bytes = await readBytes(root, file.path, options.maxFileBytes);
  options.signal?.throwIfAborted();
  if (bytes === undefined) return undefined;
  if (typeof bytes === "string") return { kind: "skipped", reason: bytes, hash: "" };

  const contentHash = hash("sha256", bytes, "hex").slice(0, hashDigits);
  const text = decodeText(bytes);
  const reason = text === undefined ? "binary" : skipReasonOfContent(file.path, text);
  return text === undefined || reason !== undefined
    ? { kind: "skipped", reason: reason ?? "binary", hash: contentHash }
    : { kind: "text", text, hash: contentHash };
}

/** 128 bits: as good as unique, in half of the room. */
const hashDigits = 32;

/** Gone, together with the folder it was in, or replaced by a link or by something that only looks like a file. */
const goneCodes: ReadonlySet<unknown> = new Set(["ENOENT", "ENOTDIR", "ELOOP"]);

async function readBytes(root: string, path: string, maxFileBytes: number): Promise<Buffer | SkipReason | undefined> {
  try {
    const fullPath = `${root}/${path}`;
    const file = await openRegularFile(fullPath);
    if (file === undefined) return "not-a-file";
    try {
      const [realRoot, realFile] = await Promise.all([realpath(root), realpath(fullPath)]);
      if (pathInside(realRoot, realFile) === undefined) return "outside-link";
      return (await readBounded(file.handle, file.size, maxFileBytes)) ?? "too-large";
    } finally {
      await file.handle.close();
    }
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (goneCodes.has(code)) return undefined;
    // A socket cannot even be opened.
    if (code === "ENXIO") return "not-a-file";
    throw error;
  }
}
