import { ByteCursor } from "../gguf/byte-cursor.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufArray, GgufHeader } from "../gguf/gguf-header.ts";
import { excessive, invalid, textBytes } from "./token-metadata.ts";

/**
 * Hands the texts of an array to `sink` as bytes, in order; the bytes are overwritten afterwards.
 * Rejects with `LIMIT_EXCEEDED` for a text of more than `maxBytes`, with what the source's `read` rejects with, and
 * with what `sink` throws.
 */
export async function streamTexts(
  source: ByteSource,
  header: GgufHeader,
  key: string,
  array: GgufArray,
  maxBytes: number,
  sink: (text: Uint8Array, index: number) => void,
): Promise<void> {
  const cursor = new ByteCursor(source, array.position);
  const stage = new Uint8Array(maxBytes);
  let bytesLeft = textBytes(array);
  for (let index = 0; index < array.length; index++) {
    if (!cursor.has(8)) await cursor.fill(8);
    const bytes = cursor.length();
    if (bytes > maxBytes) throw excessive(header, key, `a text of ${bytes} bytes, more than ${maxBytes}`);
    bytesLeft -= bytes;
    // The header was read from the same bytes, unless somebody writes to the file.
    if (bytesLeft < 0) throw invalid(header, key, "has changed while the file was read");
    if (!cursor.has(bytes)) await cursor.fill(bytes);
    for (let i = 0; i < bytes; i++) stage[i] = cursor.u8();
    sink(stage.subarray(0, bytes), index);
  }
}
