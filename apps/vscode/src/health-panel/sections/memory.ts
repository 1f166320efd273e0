import { formatBytes, formatDuration } from "../../text/format.ts";
import type { Wording } from "../../text/wording.ts";
import type { HealthView } from "../health-view.ts";
import { type Markup, html } from "../html.ts";
import { lineChart } from "../pictures/line-chart.ts";

/** Memory of the engine's process during the last run. */
export function memorySection({ memory }: HealthView, wording: Wording): Markup | undefined {
  if (memory === undefined || memory.points.length === 0) return undefined;
  const { l10n } = wording;
  const { interval, points } = memory;
  const peak = formatBytes(Math.max(...points), wording);
  const duration = formatDuration(points.length * interval, wording);
  return html`<h2>${l10n.t("Memory during the last run")}</h2>
    ${lineChart({
      name: l10n.t("Highest"),
      value: peak,
      description: l10n.t("Engine memory during the last run: {0} at most, over {1}", peak, duration),
      points: points.map((y, place) => ({ x: place * interval, y })),
      shape: "slopes",
      from: formatDuration(0, wording),
      to: duration,
      format: (bytes) => formatBytes(bytes, wording),
    })}`;
}
