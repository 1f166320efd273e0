import { type Markup, html } from "../html.ts";
import { niceCeiling } from "./scale.ts";

interface Point {
  /** Milliseconds; any zero. */
  readonly x: number;
  /** A count of things or bytes. */
  readonly y: number;
}

export interface LineChart {
  readonly name: string;
  /** What the line has come to, in words. */
  readonly value: string;
  /** The whole picture in a sentence, for those who do not see it. */
  readonly description: string;
  /** At least one, in the order of x. */
  readonly points: readonly Point[];
  /** A value holds until the next one, or changes steadily to it. */
  readonly shape: "steps" | "slopes";
  /** Times at which something happened. */
  readonly marks?: readonly number[];
  /** Below the left and the right end. */
  readonly from: string;
  readonly to: string;
  /** Writes a number of the vertical axis. */
  readonly format: (y: number) => string;
}

/** The picture has no size of its own: it is as wide as there is room, and its lines stay as thin. */
const WIDTH = 1000;
const HEIGHT = 100;

/** A line over time, from zero upwards, with the words in HTML, so that they do not grow with the picture. */
export function lineChart(chart: LineChart): Markup {
  const { points, marks = [] } = chart;
  const top = niceCeiling(Math.max(...points.map(({ y }) => y)));
  const [first = 0, last = 0] = [points[0]?.x, points.at(-1)?.x];
  const across = (x: number) => round(last === first ? 0 : ((x - first) / (last - first)) * WIDTH);
  const up = (y: number) => round(HEIGHT - (y / top) * HEIGHT);
  const line = linePath(points, chart.shape, across, up);
  return html`<figure class="chart">
    <figcaption><span class="name">${chart.name}</span> <span class="value">${chart.value}</span></figcaption>
    <div class="plot">
      <span class="axis top" aria-hidden="true">${chart.format(top)}</span>
      <span class="axis bottom" aria-hidden="true">${chart.format(0)}</span>
      <svg role="img" aria-label="${chart.description}" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none">
        <path class="grid" d="M0 0H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT}H${WIDTH}" />
        ${marks.map((x) => html`<path class="mark" d="M${across(x)} 0V${HEIGHT}" />`)}
        <path class="area" d="${line}V${HEIGHT}H0Z" />
        <path class="line" d="${line}" />
      </svg>
      <span class="axis from" aria-hidden="true">${chart.from}</span>
      <span class="axis to" aria-hidden="true">${chart.to}</span>
    </div>
  </figure>`;
}

function linePath(
  points: readonly Point[],
  shape: LineChart["shape"],
  across: (x: number) => number,
  up: (y: number) => number,
): string {
  const [first, ...others] = points;
  if (first === undefined) return "M0 0";
  const rest = others.map(({ x, y }) => (shape === "steps" ? `H${across(x)}V${up(y)}` : `L${across(x)} ${up(y)}`));
  // A single point is a line from one side to the other.
  return `M0 ${up(first.y)}${rest.length === 0 ? `H${WIDTH}` : rest.join("")}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
