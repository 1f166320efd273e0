import type { IndexCoverage } from "@resona/core";

import { formatCount, formatShare } from "../../text/format.ts";
import type { Wording } from "../../text/wording.ts";
import type { HealthView } from "../health-view.ts";
import { type Markup, html } from "../html.ts";
import { shareBar } from "../pictures/bar.ts";

/** How many of the rows each index of the database covers. */
export function coverageSection({ health: { stats } }: HealthView, wording: Wording): Markup | undefined {
  if (stats === undefined) return undefined;
  const { l10n } = wording;
  const note = noteOn(stats.indexes, wording);
  return html`<h2>${l10n.t("Indexed rows")}</h2>
    <ul class="bars">
      ${stats.indexes.map(({ column, indexedRows, unindexedRows }) => {
        const whole = indexedRows + unindexedRows;
        return shareBar({
          name: indexName(column, wording),
          value: l10n.t(
            "{0} of {1}, {2}",
            formatCount(indexedRows, wording),
            formatCount(whole, wording),
            formatShare(whole === 0 ? 1 : indexedRows / whole, wording),
          ),
          part: whole === 0 ? 1 : indexedRows,
          whole: whole === 0 ? 1 : whole,
        });
      })}
    </ul>
    ${note === undefined ? undefined : html`<p class="faint">${note}</p>`}`;
}

function noteOn(indexes: readonly IndexCoverage[], { l10n }: Wording): string | undefined {
  if (indexes.length === 0) return l10n.t("There are no indexes: queries read every row.");
  if (indexes.every(({ unindexedRows }) => unindexedRows === 0)) return undefined;
  return l10n.t("Rows that are missing from an index are still found: they are read one by one.");
}

function indexName(column: string, { l10n }: Wording): string {
  switch (column) {
    case "terms":
      return l10n.t("Words");
    case "vector":
      return l10n.t("Vectors");
    case "language":
      return l10n.t("Languages");
    case "base_id":
      return l10n.t("Paths");
    case "id":
      return l10n.t("Chunks");
    default:
      return column;
  }
}
