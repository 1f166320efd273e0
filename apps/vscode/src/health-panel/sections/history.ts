import type { HealthSample } from "../../health/health-history.ts";
import { formatCount, formatTime } from "../../text/format.ts";
import type { Wording } from "../../text/wording.ts";
import type { HealthView } from "../health-view.ts";
import { type Markup, html } from "../html.ts";
import { lineChart } from "../pictures/line-chart.ts";

/** Rows of the table behind the pictures. */
const ROWS_SHOWN = 20;

/** Fragments and versions over time, with the times at which maintenance was run. */
export function historySection({ history, now }: HealthView, wording: Wording): Markup | undefined {
  const { l10n } = wording;
  const first = history[0];
  if (first === undefined) return undefined;
  return html`<h2>${l10n.t("Over time")}</h2>
    <div class="pair">
      ${chart(l10n.t("Fragments"), first, history, now, ({ fragments }) => fragments, wording)}
      ${chart(l10n.t("Versions"), first, history, now, ({ versions }) => versions, wording)}
    </div>
    ${history.some(({ maintained }) => maintained) ? html`<p class="legend"><span class="mark-sample"></span> ${l10n.t("Maintenance")}</p>` : undefined}
    ${sampleTable(history, wording)}`;
}

function chart(
  name: string,
  first: HealthSample,
  history: readonly HealthSample[],
  now: Date,
  of: (sample: HealthSample) => number,
  wording: Wording,
): Markup {
  const { l10n } = wording;
  const values = history.map(of);
  const latest = values.at(-1) ?? 0;
  const since = formatTime(new Date(first.at), wording);
  const number = (value: number) => formatCount(value, wording);
  return lineChart({
    name,
    value: number(latest),
    description: l10n.t(
      "{0} since {1}: between {2} and {3}, now {4}",
      name,
      since,
      number(Math.min(...values)),
      number(Math.max(...values)),
      number(latest),
    ),
    points: [
      ...history.map((sample) => ({ x: sample.at, y: of(sample) })),
      { x: Math.max(now.getTime(), history.at(-1)?.at ?? 0), y: latest },
    ],
    shape: "steps",
    marks: history.filter(({ maintained }) => maintained).map(({ at }) => at),
    from: since,
    to: l10n.t("now"),
    format: number,
  });
}

function sampleTable(history: readonly HealthSample[], wording: Wording): Markup {
  const { l10n } = wording;
  return html`<details data-key="history-numbers">
    <summary>${l10n.t("Numbers")}</summary>
    <table>
      <thead>
        <tr>
          <th scope="col">${l10n.t("Time")}</th>
          <th scope="col">${l10n.t("Fragments")}</th>
          <th scope="col">${l10n.t("Versions")}</th>
        </tr>
      </thead>
      <tbody>
        ${history
          .slice(-ROWS_SHOWN)
          .toReversed()
          .map(
            ({ at, fragments, versions, maintained }) =>
              html`<tr>
                <th scope="row">
                  ${formatTime(new Date(at), wording)}${maintained ? html`, ${l10n.t("after maintenance")}` : undefined}
                </th>
                <td>${formatCount(fragments, wording)}</td>
                <td>${formatCount(versions, wording)}</td>
              </tr>`,
          )}
      </tbody>
    </table>
  </details>`;
}
