import { describeCondition } from "../health/describe-condition.ts";
import { failureHelp } from "../health/failure-help.ts";
import { type FolderCondition, folderCondition } from "../health/folder-condition.ts";
import type { FolderHealth } from "../health/folder-health.ts";
import { modelLabel } from "../health/model-label.ts";
import { formatAge, formatBytes, formatCount, formatShare } from "../text/format.ts";
import type { Wording } from "../text/wording.ts";
import { conditionIcons } from "./condition-icons.ts";
import { commandLink, escapeMarkdown } from "./markdown.ts";
import { type StatusCommand, commandsOfAllFolders, statusCommands } from "./status-commands.ts";

/** Findings named in a tooltip; the health panel has all of them. */
const FINDINGS_SHOWN = 3;

/** Markdown with a section for each folder. Whatever comes from outside is escaped; its links run commands. */
export function statusTooltip(folders: readonly FolderHealth[], now: Date, wording: Wording): string {
  return folders.map((folder) => folderSection(folder, now, wording)).join("\n\n---\n\n");
}

function folderSection(folder: FolderHealth, now: Date, wording: Wording): string {
  const condition = folderCondition(folder);
  const parts = [
    `**${escapeMarkdown(folder.name)}**`,
    `$(${conditionIcons[condition]}) ${escapeMarkdown(describeCondition(condition, folder, wording))}`,
    factTable(folder, now, wording),
    findingList(folder, condition),
    linksFor(condition, folder, wording),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function factTable(folder: FolderHealth, now: Date, wording: Wording): string {
  const rows = facts(folder, now, wording);
  if (rows.length === 0) return "";
  return [
    "| | |",
    "|:--|--:|",
    ...rows.map(([name, value]) => `| ${escapeMarkdown(name)} | ${escapeMarkdown(value)} |`),
  ].join("\n");
}

/** Names and values, as far as they are known. */
function facts({ stats, diagnostics, memoryBytes }: FolderHealth, now: Date, wording: Wording): [string, string][] {
  const { l10n } = wording;
  const rows: [string, string][] = [];
  if (stats !== undefined) {
    const { files, chunks, lastIndexedAt, fragments, versions, unindexedRows } = stats;
    rows.push(
      [l10n.t("Files"), formatCount(files, wording)],
      [l10n.t("Chunks"), formatCount(chunks, wording)],
      [
        l10n.t("Last indexed"),
        lastIndexedAt === undefined ? l10n.t("not yet completely") : formatAge(new Date(lastIndexedAt), now, wording),
      ],
      [l10n.t("Fragments"), formatCount(fragments, wording)],
      [l10n.t("Versions"), formatCount(versions, wording)],
      [l10n.t("Rows not indexed"), formatShare(chunks === 0 ? 0 : Math.min(1, unindexedRows / chunks), wording)],
      [l10n.t("Size on disk"), formatBytes(stats.diskBytes, wording)],
    );
  }
  if (diagnostics?.reclaimableBytes !== undefined)
    rows.push([l10n.t("Reclaimable"), formatBytes(diagnostics.reclaimableBytes, wording)]);
  if (memoryBytes !== undefined) rows.push([l10n.t("Engine memory"), formatBytes(memoryBytes, wording)]);
  if (stats !== undefined) rows.push([l10n.t("Model"), modelLabel(stats)]);
  return rows;
}

/** Of an index that is not well, what it is that the line above has not said. */
function findingList({ diagnostics }: FolderHealth, condition: FolderCondition): string {
  const told = condition === "broken" ? 1 : 0;
  return (diagnostics?.findings ?? [])
    .filter(({ severity }) => severity !== "info")
    .slice(told, FINDINGS_SHOWN)
    .map(({ severity, sentence }) => `$(${severity}) ${escapeMarkdown(sentence)}`)
    .join("\n\n");
}

function linksFor(condition: FolderCondition, folder: FolderHealth, wording: Wording): string {
  return commandsFor(condition, folder, wording)
    .map((command) => {
      const args = commandsOfAllFolders.has(command) ? [] : [folder.id];
      return commandLink(titleOf(command, wording), statusCommands[command], args);
    })
    .join(" · ");
}

function commandsFor(condition: FolderCondition, folder: FolderHealth, wording: Wording): readonly StatusCommand[] {
  const { diagnostics } = folder;
  switch (condition) {
    case "down":
    case "failed":
      return [...helpfulCommands(folder, wording), "showHealth", "showLog"];
    case "broken": {
      const remedy = diagnostics?.findings.find(({ severity }) => severity === "error")?.remedy.kind ?? "none";
      return remedy === "none" ? ["showHealth", "showLog"] : [remedy, "showHealth", "showLog"];
    }
    case "restarting":
    case "starting":
      return ["showLog"];
    case "indexing":
      return ["search", "showHealth", "pause"];
    case "stale":
      return ["index", "search", "showHealth"];
    case "paused":
      return ["resume", "search", "showHealth"];
    case "needs-maintenance":
      return ["maintain", "search", "showHealth"];
    case "maintaining":
    case "written-elsewhere":
    case "unmeasured":
    case "ready":
      return ["search", "showHealth"];
    case "no-index":
      return ["index"];
  }
}

/** What helps with a failure, as far as the tooltip may do it; the health page has all of it. */
function helpfulCommands({ id, phase }: FolderHealth, { l10n }: Wording): readonly StatusCommand[] {
  if (phase.kind !== "failed" && phase.kind !== "down") return [];
  const helpful = failureHelp(phase, id, l10n).map(({ command }) => command);
  // The others are offered in any case.
  const names = (Object.keys(statusCommands) as StatusCommand[]).filter(
    (name) => name !== "showHealth" && name !== "showLog",
  );
  return helpful.flatMap((command) => names.filter((name) => statusCommands[name] === command));
}

function titleOf(command: StatusCommand, { l10n }: Wording): string {
  switch (command) {
    case "index":
      return l10n.t("Index now");
    case "search":
      return l10n.t("Search");
    case "showHealth":
      return l10n.t("Index health");
    case "maintain":
      return l10n.t("Run maintenance");
    case "rebuild":
      return l10n.t("Rebuild index");
    case "heal":
      return l10n.t("Heal index");
    case "resume":
      return l10n.t("Resume indexing");
    case "pause":
      return l10n.t("Pause indexing");
    case "restart":
      return l10n.t("Try again");
    case "showLog":
      return l10n.t("Show log");
  }
}
