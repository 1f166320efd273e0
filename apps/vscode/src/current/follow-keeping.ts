import { Disposable } from "vscode";

import type { FailureNotices } from "../failures/failure-notices.ts";
import type { FolderEngines } from "../folders/folder-engines.ts";
import type { HealthMonitor } from "../health/health-monitor.ts";
import type { PausedFolders } from "./paused-folders.ts";

/** What is known of keeping indexes current. */
export interface Keeping {
  readonly paused: PausedFolders;
  readonly notices: FailureNotices;
}

/** Lets the health of folders say whether their indexing is paused, and why their indexes could not be kept current. */
export function followKeeping(
  monitor: HealthMonitor,
  engines: FolderEngines,
  { paused, notices }: Keeping,
): Disposable {
  const follow = () => {
    for (const one of monitor.monitors) one.setPaused(paused.has(one.id));
  };
  follow();
  return Disposable.from(
    paused.onDidChange(follow),
    engines.onDidChange(follow),
    notices.onDidFail(({ folder, error }) => monitor.get(folder.id)?.setFailure(error)),
  );
}
