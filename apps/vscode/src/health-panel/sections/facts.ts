import { modelLabel } from "../../health/model-label.ts";
import { formatAge, formatBytes, formatCount } from "../../text/format.ts";
import type { Wording } from "../../text/wording.ts";
import type { HealthView } from "../health-view.ts";
import { type Markup, html } from "../html.ts";

/** The figures that are looked for first. */
export function factsSection({ health, now }: HealthView, wording: Wording): Markup | undefined {
  const { l10n } = wording;
  const { stats, memoryBytes } = health;
  if (stats === undefined) return undefined;
  const indexedAt = stats.lastIndexedAt === undefined ? undefined : new Date(stats.lastIndexedAt);
  return html`<dl class="facts">
    ${fact(l10n.t("Files"), formatCount(stats.files, wording))}
    ${fact(l10n.t("Chunks"), formatCount(stats.chunks, wording))}
    ${fact(l10n.t("Last indexed"), indexedAt === undefined ? l10n.t("not yet completely") : formatAge(indexedAt, now, wording))}
    ${fact(l10n.t("Size on disk"), formatBytes(stats.diskBytes, wording))}
    ${memoryBytes === undefined ? undefined : fact(l10n.t("Engine memory"), formatBytes(memoryBytes, wording))}
    ${fact(l10n.t("Model"), modelLabel(stats))}
  </dl>`;
}

function fact(name: string, value: string): Markup {
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}
