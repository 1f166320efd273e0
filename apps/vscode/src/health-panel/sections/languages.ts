import { formatCount } from "../../text/format.ts";
import type { Wording } from "../../text/wording.ts";
import type { HealthView } from "../health-view.ts";
import { type Markup, html } from "../html.ts";
import { countBar } from "../pictures/bar.ts";

const LANGUAGES_SHOWN = 8;

/** What the index consists of. */
export function languagesSection({ health: { stats } }: HealthView, wording: Wording): Markup | undefined {
  if (stats === undefined || stats.languages.length === 0) return undefined;
  const { l10n } = wording;
  const [shown, others] = [stats.languages.slice(0, LANGUAGES_SHOWN), stats.languages.slice(LANGUAGES_SHOWN)];
  const largest = Math.max(...shown.map(({ chunks }) => chunks));
  return html`<h2>${l10n.t("Languages")}</h2>
    <ul class="bars">
      ${shown.map(({ language, files, chunks }) =>
        countBar({
          name: language,
          value: l10n.t("chunks: {0}, files: {1}", formatCount(chunks, wording), formatCount(files, wording)),
          part: chunks,
          whole: largest,
        }),
      )}
    </ul>
    ${others.length === 0 ? undefined : html`<p class="faint">${l10n.t("And {0} more", formatCount(others.length, wording))}</p>`}`;
}
