import { explainFailure } from "../failures/explain-failure.ts";
import { formatCount, formatDuration, formatShare } from "../text/format.ts";
import type { Wording } from "../text/wording.ts";
import type { FolderCondition } from "./folder-condition.ts";
import type { FolderHealth } from "./folder-health.ts";

/** What a folder is at, in a few words that begin like a sentence; plain text. */
export function describeCondition(condition: FolderCondition, folder: FolderHealth, wording: Wording): string {
  const { l10n } = wording;
  const { phase, diagnostics } = folder;
  switch (condition) {
    case "down":
    case "failed":
      return phase.kind === "down" || phase.kind === "failed"
        ? explainFailure(phase.error, folder.id, l10n).message
        : l10n.t("The search engine has failed");
    case "broken":
      return (
        diagnostics?.findings.find(({ severity }) => severity === "error")?.sentence ??
        l10n.t("The index cannot be used")
      );
    case "restarting":
      return phase.kind === "restarting"
        ? l10n.t("Starting again. {0}", phase.reason)
        : l10n.t("The search engine is being started again");
    case "indexing":
      return describeIndexing(folder, wording);
    case "maintaining":
      return l10n.t("Maintenance is under way");
    case "starting":
      return l10n.t("Starting");
    case "paused":
      return l10n.t("Indexing is paused");
    case "written-elsewhere":
      return l10n.t("Another process is writing the index; searches still work");
    case "stale":
      return l10n.t("The index is not up to date");
    case "needs-maintenance":
      return l10n.t("Maintenance would make searches faster or free space");
    case "unmeasured":
      return l10n.t("Not looked at yet");
    case "ready":
      return l10n.t("Ready");
    case "no-index":
      return l10n.t("No index yet");
  }
}

function describeIndexing({ phase }: FolderHealth, wording: Wording): string {
  const { l10n } = wording;
  const progress = phase.kind === "indexing" ? phase.progress : undefined;
  if (progress?.unit === "commits")
    return l10n.t("Reading the history: {0} commits", formatCount(progress.done, wording));
  if (progress?.total === undefined) return l10n.t("Indexing");
  const share = formatShare(progress.total === 0 ? 1 : Math.min(1, progress.done / progress.total), wording);
  const files = l10n.t("Indexing: {0} of {1} files", share, formatCount(progress.total, wording));
  if (progress.secondsLeft === undefined) return files;
  return l10n.t("{0}, about {1} left", files, formatDuration(progress.secondsLeft * 1000, wording));
}
