import type { Finding } from "../../model/finding.ts";
import type { IndexManifest } from "../../store/index-folder.ts";
import { inspectLock } from "../../store/writer-lock.ts";
import type { Remedies } from "../remedies.ts";

/** Did the last run come to its end? One that is under way has not yet. */
export async function checkLastRun(folder: string, manifest: IndexManifest, remedies: Remedies): Promise<Finding[]> {
  const { state, lastIndexedAt } = manifest;
  if ((state === "clean" && lastIndexedAt !== undefined) || (await inspectLock(folder)).kind === "held") return [];
  const sentence =
    lastIndexedAt === undefined
      ? "The index was never finished; what is missing cannot be found."
      : "The last run was interrupted in the middle; until the next one searching takes more time.";
  return [{ code: "RUN_INTERRUPTED", severity: "warning", sentence, remedy: remedies.index }];
}
