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
    else if (entry.isFile()) await syncIfChanged(path, sinceMs, false);
  }
  await syncIfChanged(folder, sinceMs, true);
}

async function syncIfChanged(path: string, sinceMs: number, isFolder: boolean): Promise<void> {
  try {
    const { mtimeMs } = await stat(path);
    if (mtimeMs >= sinceMs) await syncPath(path, isFolder);
  } catch (error) {
    // A writer that knows no lock renames its temporary files meanwhile.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Forces one file or folder to the disk. */
export async function syncPath(path: string, isFolder: boolean): Promise<void> {
  // Windows flushes only what was opened for writing, and cannot open a folder at all; it journals the names itself.
  if (isFolder && process.platform === "win32") return;
  const file = await open(path, isFolder ? "r" : "r+");
  try {
    // Some network file systems cannot do this for folders.
    await file.sync().catch((error: NodeJS.ErrnoException) => {
      if (!(isFolder && (error.code === "EINVAL" || error.code === "ENOTSUP"))) throw error;
    });
  } finally {
    await file.close();
  }
}
