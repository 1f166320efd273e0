import type { Wording } from "../../text/wording.ts";
import { disabledIf } from "../action-button.ts";
import type { HealthView } from "../health-view.ts";
import { type Markup, exactly, html } from "../html.ts";

/** Which folder this is about, and what can be asked of it. */
export function headerSection(view: HealthView, wording: Wording): Markup {
  const { l10n } = wording;
  const { health, examination } = view;
  return html`<header>
    <h1>${l10n.t("Index health")}</h1>
    ${folderChoice(view, wording)}
    <span class="buttons">
      ${
        examination?.kind === "running"
          ? html`<button class="secondary" data-post="cancel-examination" data-key="examine">
              ${l10n.t("Cancel the check")}
            </button>`
          : html`<button
              class="secondary"
              data-post="examine"
              data-key="examine"
              ${disabledIf(health.stats === undefined)}
            >
              ${l10n.t("Check every record")}
            </button>`
      }
      <button class="secondary" data-post="refresh" data-key="refresh">${l10n.t("Measure again")}</button>
    </span>
  </header>`;
}

function folderChoice({ folders, health }: HealthView, { l10n }: Wording): Markup {
  if (folders.length < 2) return html`<span class="folder">${health.name}</span>`;
  return html`<select data-folders data-key="folders" aria-label="${l10n.t("Workspace folder")}">
    ${folders.map(
      ({ id, name }) =>
        html`<option value="${exactly(id)}" ${id === health.id ? html`selected` : undefined}>${name}</option>`,
    )}
  </select>`;
}
