import { dlopen } from "bun:ffi";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { cacheFolder } from "../cache-folder.ts";
import { unpackLibrary } from "./unpack-library.ts";
import type { PackedLibrary } from "./unpack-library.ts";

/**
 * Loads a native library that the executable carries: a system loads libraries from files only, so it is unpacked
 * into the user's cache folder, once. Where that cannot be written, every run unpacks it into a temporary folder.
 *
 * Bun would do the same for a library that is simply bundled, but compares it with the file at every start, which
 * brings all of both into memory: with LanceDB's, 230 MB of what the process is seen to take.
 */
export function loadNativeLibrary(packed: PackedLibrary): unknown {
  exportSettings();
  try {
    return load(unpackLibrary(packed, cacheFolder()));
  } catch {
    return loadFromTemporaryFolder(packed);
  }
}

function loadFromTemporaryFolder(packed: PackedLibrary): unknown {
  const folder = mkdtempSync(join(tmpdir(), "resona-"));
  try {
    return load(unpackLibrary(packed, folder));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${packed.name} cannot be loaded from ${cacheFolder()} or ${folder}: ${reason}`, { cause: error });
  } finally {
    // It stays loaded without its name, except on Windows, which removes nothing that is in use.
    if (process.platform !== "win32") rmSync(folder, { recursive: true, force: true });
  }
}

function load(path: string): unknown {
  const module = { exports: {} };
  process.dlopen(module, path);
  return module.exports;
}

const libcs: { readonly [P in NodeJS.Platform]?: string } = { darwin: "libSystem.B.dylib", linux: "libc.so.6" };

/**
 * LanceDB reads its settings from the process's environment when it starts. In Bun, `process.env` is a copy of that:
 * what is assigned there native code does not see.
 */
function exportSettings(): void {
  const libc = libcs[process.platform];
  if (libc === undefined) return;
  const { symbols } = dlopen(libc, { setenv: { args: ["cstring", "cstring", "int"], returns: "int" } });
  for (const [name, value] of Object.entries(process.env))
    if (name.startsWith("LANCE") && value !== undefined) symbols.setenv(name, value, 1);
}
