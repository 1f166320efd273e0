import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));

/** All that the binaries are made from. */
export const sourceNames = [
  "attention.c",
  "build.mjs",
  "dequantize.c",
  "dequantize.h",
  "elementwise.c",
  "formats.h",
  "linear.c",
  "pack.c",
  "simd.h",
  "tiles.c",
  "tiles.h",
];

/** SHA-256 over the names and contents of all sources. */
export function sourcesHash() {
  const hash = createHash("sha256");
  for (const name of sourceNames)
    hash
      .update(name)
      .update("\0")
      .update(readFileSync(join(folder, name)))
      .update("\0");
  return hash.digest("hex");
}
