// Disks with faults, as far as Linux lets the user of the tests mount any.
import { execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll } from "vitest";

/** Whether the tests may mount: as root, and not in every container. */
export const canMount: boolean = mayMount();

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), "resona-mount-"));
  try {
    mountSmall(folder, 1);
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Lets nobody write into a folder, not even root, until the last test of the file is over. */
export function useReadOnly(folder: string): void {
  if (!canMount) return;
  execFileSync("mount", ["--bind", "-o", "ro", folder, folder]);
  afterAll(() => unmount(folder));
}

/** An empty folder on a disk of its own with so much space, for all tests of a file. */
export function useSmallDisk(megabytes: number): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "resona-mount-")));
  if (canMount) mountSmall(folder, megabytes);
  afterAll(() => {
    if (canMount) unmount(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function mountSmall(folder: string, megabytes: number): void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tmpfs", folder], { stdio: "ignore" });
}

/** Lazily: a process that was killed may still be ending there. */
function unmount(folder: string): void {
  execFileSync("umount", ["--lazy", folder]);
}
