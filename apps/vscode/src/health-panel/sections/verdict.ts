import { describeCondition } from "../../health/describe-condition.ts";
import { type FolderCondition, folderCondition } from "../../health/folder-condition.ts";
import { formatCount, formatShare } from "../../text/format.ts";
import type { Wording } from "../../text/wording.ts";
import { actionButton } from "../action-button.ts";
import { type HealthView, isBusy } from "../health-view.ts";
import { type Markup, html } from "../html.ts";
import { type IconName, icon } from "../icon.ts";
import { filledPercent } from "../pictures/bar.ts";

/** The one thing to be said, what is under way, and what can be done about both. */
export function verdictSection(view: HealthView, wording: Wording): Markup {
  const { l10n } = wording;
  const { health, examination } = view;
  const condition = folderCondition(health);
  return html`<p class="verdict">${icon(icons[condition])} <strong>${verdictOf(view, wording)}</strong></p>
    ${condition === "indexing" ? indexingBar(view, wording) : undefined}
    ${
      examination &&
      progressBar(
        l10n.t("Reading every record of the table {0}", examination.table),
        examination.rows,
        examination.total,
        wording,
      )
    }
    ${nextStep(view, wording)}`;
}

/** In plain text, for screen readers too. */
export function verdictOf({ health }: HealthView, wording: Wording): string {
  const { l10n } = wording;
  const condition = folderCondition(health);
  const findings = health.diagnostics?.findings ?? [];
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.filter(({ severity }) => severity === "warning").length;
  if (health.phase.kind !== "idle" || condition === "written-elsewhere")
    return describeCondition(condition, health, wording);
  if (errors > 0) return errors === 1 ? l10n.t("1 problem was found") : l10n.t("{0} problems were found", errors);
  if (warnings > 0)
    return warnings === 1 ? l10n.t("1 thing could be better") : l10n.t("{0} things could be better", warnings);
  return l10n.t("The index is healthy");
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
  const { phase, isPaused } = view.health;
  if (phase.kind === "no-index")
    return html`<p>
        ${l10n.t("Once the folder is indexed, it can be searched by meaning, offline, on this computer.")}
      </p>
      <p>${actionButton("index", "verdict-index", isBusy(view), wording)}</p>`;
  if (phase.kind === "failed" || phase.kind === "down")
    return html`<p>${phase.error.nextStep}</p>
      <p class="buttons">
        ${
          phase.kind === "down"
            ? html`<button data-post="restart" data-key="verdict-restart">${l10n.t("Try again")}</button>`
            : actionButton("index", "verdict-index", isBusy(view), wording)
        }
        <button class="secondary" data-post="show-log" data-key="verdict-log">${l10n.t("Show log")}</button>
      </p>`;
  return isPaused ? html`<p class="faint">${l10n.t("Indexing is paused")}</p>` : undefined;
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
  ready: "good",
  "no-index": "idle",
};
