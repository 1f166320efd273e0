import type { FailureNotices } from "../failures/failure-notices.ts";
import type { FolderSignals } from "./folder-signals.ts";
import type { PausedFolders } from "./paused-folders.ts";

/** What is known of keeping indexes current. */
export interface Keeping {
  readonly paused: PausedFolders;
  readonly notices: FailureNotices;
  readonly signals: FolderSignals;
}
