import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Vitest's set-up for tests of the single-file executable: a copy of it far from this repository and its dependencies,
 * with a cache folder that is empty at first.
 */
export default async function installBinary(): Promise<() => Promise<void>> {
  const name = process.platform === "win32" ? "resona.exe" : "resona";
  const folder = await mkdtemp(join(tmpdir(), "resona-binary-"));
  const binary = join(folder, name);
  await copyFile(fileURLToPath(new URL(`../../dist-binary/${name}`, import.meta.url)), binary);
  // Processes that run tests inherit these.
  process.env["RESONA_BINARY"] = binary;
  process.env["XDG_CACHE_HOME"] = join(folder, "cache");
  return () => rm(folder, { recursive: true, force: true });
}
