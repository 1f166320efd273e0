import { createHash } from "node:crypto";

import type { ByteSource } from "./byte-source.ts";
import { limits } from "./limits.ts";
import { READS_AHEAD, readAhead } from "./read-ahead.ts";

/** SHA-256 of the whole content, 64 hexadecimal digits, read by 64 KiB. Rejects with what `read` rejects with. */
export async function hashSource(source: ByteSource): Promise<string> {
  const hash = createHash("sha256");
  const stages = Array.from({ length: READS_AHEAD }, () => new Uint8Array(Math.min(limits.windowBytes, source.size)));
  const pieces = readAhead(source, {
    position: 0,
    byteLength: source.size,
    pieceBytes: limits.windowBytes,
    depth: READS_AHEAD,
    target: (index, _from, bytes) => stages[index % READS_AHEAD]!.subarray(0, bytes),
  });
  for await (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}
