import type { MaintenanceResult, MaintenanceStep } from "@resona/core";

import { explainFailure } from "../../failures/explain-failure.ts";
import { type MaintenanceRun, type StorageFigures, maintenanceSteps } from "../../health/maintenance-run.ts";
import { formatBytes, formatCount, formatDuration } from "../../text/format.ts";
import type { Wording } from "../../text/wording.ts";
import { actionButton, actionExplanation } from "../action-button.ts";
import { type HealthView, isBusy } from "../health-view.ts";
import { type Markup, html } from "../html.ts";
import { type IconName, icon } from "../icon.ts";

/** Maintenance: what it does, what it is at, what it has changed. */
export function maintenanceSection(view: HealthView, wording: Wording): Markup | undefined {
  const { maintenance, health } = view;
  if (health.stats === undefined && maintenance === undefined) return undefined;
  const { l10n } = wording;
  return html`<h2>${l10n.t("Maintenance")}</h2>
    ${maintenance === undefined ? html`<p class="faint">${actionExplanation("maintain", wording)}</p>` : runOf(maintenance, health.id, wording)}
    <p class="buttons">
      ${
        maintenance?.kind === "running"
          ? html`<button class="secondary" data-post="cancel-maintenance" data-key="maintenance-run">
              ${l10n.t("Cancel")}
            </button>`
          : actionButton("maintain", "maintenance-run", isBusy(view), wording, isDue(view) ? "primary" : "secondary")
      }
    </p>`;
}

function isDue({ health: { diagnostics } }: HealthView): boolean {
  return diagnostics?.findings.some(({ remedy }) => remedy.kind === "maintain") === true;
}

function runOf(run: MaintenanceRun, folder: string, wording: Wording): Markup {
  switch (run.kind) {
    case "running":
      return html`<ol class="steps">
          ${maintenanceSteps.map((step) => stepItem(step, run, wording))}
        </ol>
        ${changeTable(run.before, undefined, wording)}`;
    case "done":
      return html`<p>
          ${icon(run.result.failures.length > 0 ? "warning" : "good")} ${maintenanceOutcome(run.result, wording)}
        </p>
        ${changeTable(run.before, run.after, wording)} ${remarks(run.result, wording)}`;
    case "failed":
      return html`<p>${icon("error")} ${explainFailure(run.error, folder, wording.l10n).message}</p>`;
  }
}

function stepItem(step: MaintenanceStep, run: Extract<MaintenanceRun, { kind: "running" }>, wording: Wording): Markup {
  const current = run.step === undefined ? -1 : maintenanceSteps.indexOf(run.step);
  const place = maintenanceSteps.indexOf(step);
  const state = place < current ? "good" : place === current ? "busy" : "idle";
  return html`<li ${state === "busy" ? html`aria-current="step"` : undefined}>
    ${icon(state)}
    <span>
      ${stepTitle(step, wording)} <span class="visually-hidden">${stateLabel(state, wording)}</span>
      ${state === "busy" && run.details !== undefined ? html`<br /><span class="faint">${run.details}</span>` : undefined}
    </span>
  </li>`;
}

function stateLabel(state: IconName, { l10n }: Wording): string {
  if (state === "good") return l10n.t("done");
  return state === "busy" ? l10n.t("under way") : l10n.t("to be done");
}

export function stepTitle(step: MaintenanceStep, { l10n }: Wording): string {
  switch (step) {
    case "sweep":
      return l10n.t("Remove leftovers");
    case "compaction":
      return l10n.t("Merge fragments");
    case "index":
      return l10n.t("Bring indexes up to date");
    case "cleanup":
      return l10n.t("Remove old versions");
  }
}

/** What was done, one sentence. */
export function maintenanceOutcome(result: MaintenanceResult, wording: Wording): string {
  const { l10n } = wording;
  const { compaction, cleanup, indexRebuilt, interrupted, failures, durationMs } = result;
  const duration = formatDuration(durationMs, wording);
  if (interrupted) return l10n.t("Stopped after {0}; what was done is kept", duration);
  if (failures.length > 0) return l10n.t("Finished in {0}; not all steps succeeded", duration);
  const didSomething = indexRebuilt || (compaction?.fragmentsRemoved ?? 0) > 0 || (cleanup?.versionsRemoved ?? 0) > 0;
  return didSomething
    ? l10n.t("Finished in {0}", duration)
    : l10n.t("Finished in {0}; nothing needed to be done", duration);
}

function changeTable(
  before: StorageFigures | undefined,
  after: StorageFigures | undefined,
  wording: Wording,
): Markup | undefined {
  if (before === undefined && after === undefined) return undefined;
  const { l10n } = wording;
  const row = (name: string, format: (figures: StorageFigures) => string) =>
    html`<tr>
      <th scope="row">${name}</th>
      <td>${before === undefined ? "–" : format(before)}</td>
      <td>${after === undefined ? "–" : format(after)}</td>
    </tr>`;
  return html`<table class="change">
    <thead>
      <tr>
        <td></td>
        <th scope="col">${l10n.t("Before")}</th>
        <th scope="col">${l10n.t("After")}</th>
      </tr>
    </thead>
    <tbody>
      ${row(l10n.t("Fragments"), ({ fragments }) => formatCount(fragments, wording))}
      ${row(l10n.t("Versions"), ({ versions }) => formatCount(versions, wording))}
      ${row(l10n.t("Rows not indexed"), ({ unindexedRows }) => formatCount(unindexedRows, wording))}
      ${row(l10n.t("Size on disk"), ({ diskBytes }) => formatBytes(diskBytes, wording))}
    </tbody>
  </table>`;
}

function remarks({ failures, notes }: MaintenanceResult, wording: Wording): Markup | undefined {
  if (failures.length + notes.length === 0) return undefined;
  return html`<ul class="remarks">
    ${failures.map(({ step, message }) => html`<li>${icon("error")} <span>${stepTitle(step, wording)}: ${message}</span></li>`)}
    ${notes.map((note) => html`<li>${icon("info")} <span>${note}</span></li>`)}
  </ul>`;
}
