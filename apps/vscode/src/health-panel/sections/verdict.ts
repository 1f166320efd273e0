import type { FailureText } from "../../failures/explain-failure.ts";
import { describeCondition } from "../../health/describe-condition.ts";
import type { Examination } from "../../health/examination.ts";
import { failureHelp } from "../../health/failure-help.ts";
import { type FolderCondition, folderCondition } from "../../health/folder-condition.ts";
import type { FolderHealth } from "../../health/folder-health.ts";
import { formatAge, formatCount, formatShare } from "../../text/format.ts";
import type { Wording } from "../../text/wording.ts";
import { actionButton } from "../action-button.ts";
import { type HealthView, isBusy } from "../health-view.ts";
import { type Markup, html } from "../html.ts";
import { type IconName, icon } from "../icon.ts";
import { filledPercent } from "../pictures/bar.ts";

/** The one thing to be said, what is under way, and what can be done about both. */
export function verdictSection(view: HealthView, wording: Wording): Markup {
  const { health } = view;
  const condition = folderCondition(health);
  return html`<p class="verdict">${icon(icons[condition])} <strong>${verdictOf(view, wording)}</strong></p>
    ${condition === "indexing" ? indexingBar(view, wording) : undefined} ${examinationOf(view, wording)}
    ${nextStep(view, wording)}`;
}

/** In plain text, for screen readers too. */
export function verdictOf({ health }: HealthView, wording: Wording): string {
  const { l10n } = wording;
  const condition = health.phase.kind === "unmeasured" ? "unmeasured" : folderCondition(health);
  const findings = health.diagnostics?.findings ?? [];
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.filter(({ severity }) => severity === "warning").length;
  if (health.phase.kind !== "idle" || condition === "written-elsewhere")
    return describeCondition(condition, health, wording);
  if (errors > 0) return errors === 1 ? l10n.t("1 problem was found") : l10n.t("{0} problems were found", errors);
  if (warnings > 0)
    return warnings === 1 ? l10n.t("1 thing could be better") : l10n.t("{0} things could be better", warnings);
  return health.hasUnindexedChanges ? changesText(wording) : l10n.t("The index is healthy");
}

/** In plain text, for screen readers too. */
export function examinationOutcome(
  { chunks, isSound }: Extract<Examination, { kind: "done" }>,
  wording: Wording,
): string {
  const { l10n } = wording;
  return isSound
    ? l10n.t("All records of {0} chunks were read; nothing is wrong.", formatCount(chunks, wording))
    : l10n.t("The check of every record has found something wrong.");
}

/** The buttons that help with a failure; this page is shown already. */
export function helpWith({ id, phase }: FolderHealth, { l10n }: Wording): FailureText["buttons"] {
  if (phase.kind !== "failed" && phase.kind !== "down") return [];
  return failureHelp(phase, id, l10n).filter(({ command }) => command !== "resona.showHealth");
}

function changesText({ l10n }: Wording): string {
  return l10n.t("Files have changed since the index was last brought up to date");
}

function examinationOf({ examination, now }: HealthView, wording: Wording): Markup | undefined {
  const { l10n } = wording;
  if (examination === undefined) return undefined;
  if (examination.kind === "done")
    return html`<p>
      ${icon(examination.isSound ? "good" : "error")} ${examinationOutcome(examination, wording)}
      <span class="faint">${formatAge(examination.at, now, wording)}</span>
    </p>`;
  const { progress } = examination;
  if (progress === undefined) return html`<p>${icon("busy")} ${l10n.t("Reading every record")}</p>`;
  const { table, rows, total } = progress;
  return progressBar(l10n.t("Reading every record of the table {0}", table), rows, total, wording);
}

function indexingBar({ health: { phase } }: HealthView, wording: Wording): Markup | undefined {
  const progress = phase.kind === "indexing" ? phase.progress : undefined;
  if (progress?.total === undefined) return undefined;
  const { l10n } = wording;
  return progressBar(l10n.t("Indexing"), progress.done, progress.total, wording);
}

function progressBar(name: string, done: number, total: number, wording: Wording): Markup {
  const percent = filledPercent(done, total);
  const { l10n } = wording;
  const numbers = l10n.t("{0} of {1}", formatCount(done, wording), formatCount(total, wording));
  return html`<div
    class="progress"
    role="progressbar"
    aria-label="${name}"
    aria-valuemin="0"
    aria-valuemax="100"
    aria-valuenow="${Math.round(percent)}"
    aria-valuetext="${formatShare(total === 0 ? 1 : done / total, wording)}"
  >
    <span>${name}</span> <span>${numbers}</span>
    <svg aria-hidden="true" width="100%" height="4">
      <rect class="track" width="100%" height="100%" />
      <rect class="part" width="${percent}%" height="100%" />
    </svg>
  </div>`;
}

function nextStep(view: HealthView, wording: Wording): Markup | undefined {
  const { l10n } = wording;
  const { phase, isPaused, hasUnindexedChanges } = view.health;
  if (phase.kind === "no-index")
    return html`<p>${l10n.t("Once the folder is indexed, it can be searched by meaning, offline, on this machine.")}</p>
      <p>${actionButton("index", "verdict-index", isBusy(view), wording)}</p>`;
  const help = helpWith(view.health, wording);
  if (help.length > 0) return html`<p class="buttons">${help.map((button, n) => helpButton(button, n))}</p>`;
  const changes = changesText(wording);
  return html`${
    phase.kind === "idle" && hasUnindexedChanges
      ? html`${verdictOf(view, wording) === changes ? undefined : html`<p>${changes}</p>`}
          <p>${actionButton("index", "verdict-index", isBusy(view), wording)}</p>`
      : undefined
  }
  ${isPaused ? html`<p class="faint">${l10n.t("Indexing is paused")}</p>` : undefined}`;
}

function helpButton({ title, command }: FailureText["buttons"][number], n: number): Markup {
  const rank = n === 0 ? "primary" : "secondary";
  return html`<button class="${rank}" data-help="${command}" data-key="verdict-${command}">${title}</button>`;
}

const icons: Readonly<Record<FolderCondition, IconName>> = {
  down: "error",
  failed: "error",
  broken: "error",
  restarting: "warning",
  indexing: "busy",
  maintaining: "busy",
  starting: "busy",
  paused: "idle",
  "written-elsewhere": "info",
  stale: "warning",
  "needs-maintenance": "warning",
  unmeasured: "idle",
  ready: "good",
  "no-index": "idle",
};
