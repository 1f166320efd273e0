import { createHash } from "node:crypto";

import type { ByteSource } from "./byte-source.ts";
import { limits } from "./limits.ts";

/** SHA-256 of the whole content, 64 hexadecimal digits, read by 64 KiB. Rejects with what `read` rejects with. */
export async function hashSource(source: ByteSource): Promise<string> {
  const hash = createHash("sha256");
  const stage = new Uint8Array(Math.min(limits.windowBytes, source.size));
  for (let done = 0; done < source.size; done += stage.byteLength) {
    const part = stage.subarray(0, Math.min(stage.byteLength, source.size - done));
    await source.read(part, done);
    hash.update(part);
  }
  return hash.digest("hex");
}
