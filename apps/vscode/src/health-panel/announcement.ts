import type { Wording } from "../text/wording.ts";
import type { HealthView } from "./health-view.ts";
import { maintenanceOutcome, stepTitle } from "./sections/maintenance.ts";
import { examinationOutcome, verdictOf } from "./sections/verdict.ts";

/** What a screen reader says when it changes: the steps of what is under way, and how it is in the end. No numbers that run. */
export function announcementOf(view: HealthView, wording: Wording): string {
  const { l10n } = wording;
  const { maintenance, examination, health } = view;
  if (maintenance?.kind === "running")
    return maintenance.step === undefined
      ? l10n.t("Maintenance is under way")
      : l10n.t("Maintenance: {0}", stepTitle(maintenance.step, wording));
  if (health.phase.kind === "indexing") return l10n.t("Indexing");
  if (examination?.kind === "running") return l10n.t("Reading every record");
  const parts = [
    ...(maintenance?.kind === "done" ? [`${maintenanceOutcome(maintenance.result, wording)}.`] : []),
    ...(examination?.kind === "done" ? [examinationOutcome(examination, wording)] : []),
    verdictOf(view, wording),
  ];
  return parts.join(" ");
}
