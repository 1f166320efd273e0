import type { MaintenanceOptions, MaintenanceResult } from "../model/maintenance.ts";
import type { RunEvent } from "../model/progress.ts";

/**
 * Does what is due beside other work. What fails is a notice: all is committed, and what is not maintained is slower to
 * search and no less right.
 */
export async function maintainInPassing(
  maintain: (options: MaintenanceOptions) => Promise<MaintenanceResult>,
  options: Pick<MaintenanceOptions, "retentionDays" | "signal">,
  onEvent: (event: RunEvent) => void,
): Promise<void> {
  const { failures } = await maintain({
    ...options,
    onlyIfNeeded: true,
    onProgress: (step, details = "") => {
      onEvent({ type: "debug", message: `${step}: ${details}` });
    },
  });
  for (const { step, message } of failures)
    onEvent({ type: "notice", code: "MAINTENANCE_FAILED", message: `Maintenance (${step}) failed: ${message}` });
}
