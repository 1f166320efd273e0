import type { Finding, Severity } from "@resona/core";

import type { Wording } from "../../text/wording.ts";
import { actionButton, actionExplanation } from "../action-button.ts";
import { findingTitle } from "../finding-title.ts";
import { type HealthView, isBusy } from "../health-view.ts";
import { type Markup, html } from "../html.ts";
import { icon } from "../icon.ts";

/** Each finding with what helps, worst first. */
export function findingsSection(view: HealthView, wording: Wording): Markup | undefined {
  const findings = view.health.diagnostics?.findings ?? [];
  if (findings.length === 0) return undefined;
  const { l10n } = wording;
  return html`<h2>${l10n.t("Findings")}</h2>
    <ul class="findings">
      ${findings.map((finding, n) => findingItem(finding, n, findings, view, wording))}
    </ul>`;
}

function findingItem(finding: Finding, n: number, all: readonly Finding[], view: HealthView, wording: Wording): Markup {
  const { code, severity, sentence, remedy } = finding;
  const help = isFirstOfItsKind(n, all) ? helpOf(finding, wording) : undefined;
  const key = `finding-${n}-${remedy.kind}`;
  return html`<li class="finding ${severity}">
    ${icon(severity)}
    <div class="what">
      <h3><span class="visually-hidden">${severityLabel(severity, wording)}</span> ${findingTitle(code, wording)}</h3>
      <p>${sentence}</p>
      ${help === undefined ? undefined : html`<p class="faint">${help}</p>`}
    </div>
    ${remedy.kind === "none" ? undefined : actionButton(remedy.kind, key, isBusy(view), wording)}
  </li>`;
}

/** What a button does need not be said twice. */
function isFirstOfItsKind(n: number, all: readonly Finding[]): boolean {
  const kind = all[n]?.remedy.kind;
  return kind === "none" || all.findIndex(({ remedy }) => remedy.kind === kind) === n;
}

function helpOf({ remedy }: Finding, wording: Wording): string {
  return remedy.kind === "none" ? remedy.sentence : actionExplanation(remedy.kind, wording);
}

function severityLabel(severity: Severity, { l10n }: Wording): string {
  switch (severity) {
    case "error":
      return l10n.t("Error:");
    case "warning":
      return l10n.t("Warning:");
    case "info":
      return l10n.t("For information:");
  }
}
