import type { Finding } from "../../model/finding.ts";
import { inspectLock } from "../../store/writer-lock.ts";
import { unaided } from "../remedies.ts";

/** Is somebody writing, or did somebody who was writing go away? */
export async function checkLock(folder: string): Promise<Finding[]> {
  const { kind, holder } = await inspectLock(folder);
  if (kind === "free") return [];
  if (kind === "held")
    return [
      {
        code: "LOCK_HELD",
        severity: "info",
        sentence: `The index is being written by ${holder}.`,
        remedy: unaided("Nothing needs to be done; what is found here may be different when it is finished."),
      },
    ];
  return [
    {
      code: "LOCK_STALE",
      severity: "info",
      sentence: `The writer's lock was left behind by ${holder}, which is gone.`,
      remedy: unaided("Nothing needs to be done; the next who writes takes it over."),
    },
  ];
}
