import { Disposable } from "vscode";

import type { Keeping } from "../current/keeping.ts";
import type { FolderEngines } from "../folders/folder-engines.ts";
import type { HealthMonitor } from "./health-monitor.ts";
import { isLasting } from "./is-lasting.ts";

/**
 * Lets the health of folders say whether their indexing is paused, why their indexes could not be kept current, and that
 * they are not kept so; and has them measured when others write them.
 */
export function followKeeping(
  monitor: HealthMonitor,
  engines: FolderEngines,
  { paused, notices, signals }: Keeping,
): Disposable {
  const follow = () => {
    for (const one of monitor.monitors) one.setPaused(paused.has(one.id));
  };
  follow();
  return Disposable.from(
    paused.onDidChange(follow),
    engines.onDidChange(follow),
    notices.onDidFail(({ folder, error }) => {
      if (isLasting(error)) monitor.get(folder.id)?.setFailure(error);
    }),
    signals.onDidMissChanges((id) => monitor.get(id)?.missChanges()),
    signals.onDidTouchIndex((id) => monitor.get(id)?.touched()),
  );
}
