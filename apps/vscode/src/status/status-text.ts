import { describeCondition } from "../health/describe-condition.ts";
import { type FolderCondition, conditions, folderCondition } from "../health/folder-condition.ts";
import type { FolderHealth } from "../health/folder-health.ts";
import { formatShare } from "../text/format.ts";
import type { Wording } from "../text/wording.ts";
import { conditionIcons } from "./condition-icons.ts";
import type { StatusCommand } from "./status-commands.ts";
import { statusTooltip } from "./status-tooltip.ts";

/** What the status bar says of all folders together. */
export interface StatusText {
  /** With icons, as in `$(name)`. */
  readonly text: string;
  /** Markdown with icons and links to commands. */
  readonly tooltip: string;
  /** Whether the user should be made to look. */
  readonly severity: "none" | "warning" | "error";
  /** For screen readers: without icons. */
  readonly label: string;
  /** What a click does, for which folder. */
  readonly command: StatusCommand;
  readonly folder: string | undefined;
}

/** Undefined where there is no folder that could be indexed. */
export function statusText(folders: readonly FolderHealth[], now: Date, wording: Wording): StatusText | undefined {
  const [first] = folders;
  if (first === undefined) return undefined;
  const { condition, folder } = foremost(first, folders);
  const short = shortText(condition, folders, wording);
  const { l10n } = wording;
  const sentence = describeCondition(condition, folder, wording);
  return {
    text: `$(${conditionIcons[condition]}) ${short}`,
    tooltip: statusTooltip(folders, now, wording),
    severity: severities[condition] ?? "none",
    label:
      folders.length === 1
        ? l10n.t("Resona index: {0}", sentence)
        : l10n.t("Resona index of {0} folders: {1}", folders.length, sentence),
    command: condition === "no-index" ? "index" : "showHealth",
    folder: condition === "no-index" && folders.length > 1 ? undefined : folder.id,
  };
}

/** The folder of which there is most to say, and what. */
function foremost(
  first: FolderHealth,
  folders: readonly FolderHealth[],
): { condition: FolderCondition; folder: FolderHealth } {
  for (const condition of conditions) {
    const folder = folders.find((candidate) => folderCondition(candidate) === condition);
    if (folder !== undefined) return { condition, folder };
  }
  return { condition: folderCondition(first), folder: first };
}

function shortText(condition: FolderCondition, folders: readonly FolderHealth[], wording: Wording): string {
  const { l10n } = wording;
  switch (condition) {
    case "down":
    case "failed":
    case "broken":
      return l10n.t("Resona: error");
    case "restarting":
      return l10n.t("Resona: restarting");
    case "indexing": {
      const share = shareIndexed(folders);
      return share === undefined
        ? l10n.t("Resona: indexing")
        : l10n.t("Resona: indexing {0}", formatShare(share, wording));
    }
    case "maintaining":
      return l10n.t("Resona: maintenance");
    case "starting":
      return l10n.t("Resona: starting");
    case "paused":
      return l10n.t("Resona: paused");
    case "written-elsewhere":
      return l10n.t("Resona: in use");
    case "stale":
      return l10n.t("Resona: stale");
    case "needs-maintenance":
      return l10n.t("Resona: needs maintenance");
    case "unmeasured":
      return l10n.t("Resona: not checked");
    case "no-index":
      return l10n.t("Resona: no index");
    // The state that things should be in takes no more room than it must.
    case "ready":
      return "Resona";
  }
}

/** Of all folders that are being indexed, by files; undefined until one knows how many it has. */
function shareIndexed(folders: readonly FolderHealth[]): number | undefined {
  let [done, total] = [0, 0];
  for (const { phase } of folders) {
    if (phase.kind !== "indexing" || phase.progress?.total === undefined) continue;
    done += Math.min(phase.progress.done, phase.progress.total);
    total += phase.progress.total;
  }
  return total === 0 ? undefined : done / total;
}

const severities: Partial<Readonly<Record<FolderCondition, StatusText["severity"]>>> = {
  down: "error",
  failed: "error",
  broken: "error",
  restarting: "warning",
};
