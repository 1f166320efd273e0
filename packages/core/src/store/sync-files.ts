import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";

/**
 * Forces everything below `folder` that changed at or after `sinceMs` to the disk: LanceDB never does, and a power
 * cut could leave a manifest of zero bytes, which LanceDB does not recover from.
 */
export async function syncFiles(folder: string, sinceMs: number): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncFiles(path, sinceMs);
    else if (entry.isFile()) await syncIfChanged(path, sinceMs);
  }
  // Windows cannot open a folder, and needs not: its file system journals the names.
  if (process.platform !== "win32") await syncIfChanged(folder, sinceMs);
}

async function syncIfChanged(path: string, sinceMs: number): Promise<void> {
  const { mtimeMs } = await stat(path);
  if (mtimeMs < sinceMs) return;
  await syncPath(path);
}

/** Forces one file or folder to the disk. */
export async function syncPath(path: string): Promise<void> {
  const file = await open(path, "r");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
