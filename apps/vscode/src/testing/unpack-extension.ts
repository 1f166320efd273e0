import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Vitest's set-up for tests of the packed extension: its contents far from this repository and its dependencies, with a
 * folder for the native library that is empty at first.
 */
export default async function unpackExtension(): Promise<() => Promise<void>> {
  const vsix = `../../dist-vsix/resona-${process.platform}-${process.arch}.vsix`;
  const folder = await mkdtemp(join(tmpdir(), "resona-vsix-"));
  execFileSync("unzip", ["-q", fileURLToPath(new URL(vsix, import.meta.url)), "-d", folder]);
  // Processes that run tests inherit these.
  process.env["RESONA_EXTENSION"] = join(folder, "extension");
  process.env["RESONA_ENGINE_PROCESS"] = join(folder, "extension/dist/engine-process.js");
  process.env["RESONA_NATIVE_FOLDER"] = join(folder, "native");
  return () => rm(folder, { recursive: true, force: true });
}
