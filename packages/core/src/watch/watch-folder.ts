import { sep } from "node:path";
import { platform } from "node:process";
import { Worker } from "node:worker_threads";

import { pathInside } from "../discover/workspace.ts";
import type { Change } from "./pending-changes.ts";

export interface FolderWatch {
  readonly close: () => Promise<void>;
}

export interface FolderListener {
  /** Changes of files and folders at any depth, several at a time. A path of `""` is the folder itself. */
  readonly onChanges: (changes: readonly Change[]) => void;
  /** Changes may have been missed. */
  readonly onTrouble: () => void;
}

/**
 * Watches a folder with all that is in it, except for what is ignored: paths relative to the folder, or a pattern that
 * such paths match anywhere. Symbolic links are not followed.
 *
 * On Linux a folder whose parent is new is watched only if the system was quick to tell of the parent, and neither a
 * full queue nor a folder that is over the limit is told: whoever listens has to begin anew when that may have happened.
 *
 * Throws what the system says, its code or words in the message; `explainWatchFailure` makes sense of them.
 */
export async function watchFolder(
  folder: string,
  ignored: readonly (string | RegExp)[],
  { onChanges, onTrouble }: FolderListener,
): Promise<FolderWatch> {
  if (platform === "linux" && openWatches === 0) await ensureInstanceLeft(folder);
  const { subscribe } = await import("@parcel/watcher");
  const subscription = await subscribe(
    folder,
    (error, events) => {
      if (error) onTrouble();
      const changes = events.flatMap(({ path, type }) => {
        const inside = pathInside(folder, path);
        return inside === undefined ? [] : [{ path: inside, type }];
      });
      if (changes.length > 0) onChanges(changes);
    },
    { ignore: ignored.map((what) => (typeof what === "string" ? folder + sep + what.replaceAll("/", sep) : what)) },
  );
  openWatches++;
  return {
    close: async () => {
      openWatches--;
      // The library complains of folders that are gone.
      await subscription.unsubscribe().catch(() => undefined);
    },
  };
}

/** Of this process; the library has one inotify instance for all of them. */
let openWatches = 0;

/**
 * The library blocks the process for ever if the user has no inotify instance left for it: 128 are the default, and an
 * editor takes some. A thread that watches has one of its own, and gives it back when it ends.
 */
async function ensureInstanceLeft(folder: string): Promise<void> {
  const code = `require("node:fs").watch(require("node:worker_threads").workerData).close()`;
  const thread = new Worker(code, { eval: true, execArgv: [], workerData: folder });
  await new Promise<void>((resolve, reject) => {
    thread.once("error", reject);
    thread.once("exit", () => resolve());
  });
}

/** Why a folder cannot be watched, and what helps; two sentences. */
export function explainWatchFailure(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  if (/ENOSPC|No space left on device/u.test(said))
    return limitReached("watched folders", "fs.inotify.max_user_watches", 1_048_576);
  if (/EMFILE|Too many open files/u.test(said)) return limitReached("watchers", "fs.inotify.max_user_instances", 1_024);
  return `Changes cannot be watched: ${said.trim().replace(/\.?$/u, ".")}`;
}

function limitReached(what: string, setting: string, value: number): string {
  return `The system's limit of ${what} is reached. Raise it, for example with \`sudo sysctl ${setting}=${value}\`.`;
}
