import type { MemorySample } from "./watch-memory.ts";

const WIDTH = 900;
const HEIGHT = 420;
const margin = { top: 40, right: 24, bottom: 52, left: 68 };

/** Of middle lightness: to be read on light and on dark backgrounds. */
const colors = { text: "#7d8590", grid: "#7d859040", memory: "#2f81f7", anonymous: "#2ea043b0", bound: "#f85149" };

/** A moment that the plot names. */
export interface Mark {
  readonly ms: number;
  readonly label: string;
}

export interface MemoryPlot {
  readonly title: string;
  readonly samples: readonly MemorySample[];
  readonly boundMB: number;
  readonly marks: readonly Mark[];
}

/** An SVG document of resident memory over time, with the bound as a line. */
export function plotMemory({ title, samples, boundMB, marks }: MemoryPlot): string {
  const lastMs = Math.max(1, samples.at(-1)?.ms ?? 0);
  const highest = samples.reduce((most, { rssBytes }) => Math.max(most, rssBytes / 1e6), boundMB);
  const megabytesPerStep = 100 * Math.ceil(highest / 1_000);
  const top = megabytesPerStep * Math.ceil((highest * 1.05) / megabytesPerStep);
  const [plotWidth, plotHeight] = [WIDTH - margin.left - margin.right, HEIGHT - margin.top - margin.bottom];
  const x = (ms: number) => rounded(margin.left + (ms / lastMs) * plotWidth);
  const y = (megabytes: number) => rounded(margin.top + (1 - megabytes / top) * plotHeight);
  const [left, right, bottom] = [x(0), x(lastMs), y(0)];

  const line = (bytesOf: (sample: MemorySample) => number, color: string) => {
    const points = highestOfEachPixel(samples, x, bytesOf).map(([at, bytes]) => `${at},${y(bytes / 1e6)}`);
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
  };
  const steps = Array.from({ length: Math.round(top / megabytesPerStep) + 1 }, (_, n) => n * megabytesPerStep);
  const { unitMs, step, unit } = timeScale(lastMs);
  const times = Array.from({ length: Math.floor(lastMs / unitMs / step) + 1 }, (_, n) => n * step);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="${colors.text}">`,
    `<title>${escaped(title)}</title>`,
    text(left, 22, title, 'font-size="15"'),
    ...steps.flatMap((megabytes) => [
      rule(left, y(megabytes), right, y(megabytes), colors.grid),
      text(left - 8, y(megabytes) + 4, String(megabytes), 'text-anchor="end"'),
    ]),
    ...times.flatMap((time) => [
      rule(x(time * unitMs), bottom, x(time * unitMs), bottom + 5, colors.text),
      text(x(time * unitMs), bottom + 20, String(time), 'text-anchor="middle"'),
    ]),
    rule(left, margin.top, left, bottom, colors.text),
    rule(left, bottom, right, bottom, colors.text),
    text((left + right) / 2, HEIGHT - 10, unit, 'text-anchor="middle"'),
    text(16, HEIGHT / 2, "MB", 'text-anchor="middle"'),
    line(({ anonymousBytes }) => anonymousBytes, colors.anonymous),
    line(({ rssBytes }) => rssBytes, colors.memory),
    rule(left, y(boundMB), right, y(boundMB), colors.bound, 'stroke-dasharray="7 4"'),
    text(left + 6, y(boundMB) - 6, `bound: ${boundMB} MB`, `fill="${colors.bound}"`),
    // Below each other, so that no two run into one another.
    ...marks.flatMap(({ ms, label }, n) => [
      rule(x(ms), margin.top, x(ms), bottom, colors.text, 'stroke-dasharray="2 3"'),
      text(x(ms) + (ms > lastMs / 2 ? -5 : 5), bottom - 10 - 16 * n, label, anchor(ms > lastMs / 2)),
    ]),
    text(right, 22, "resident memory", `text-anchor="end" fill="${colors.memory}"`),
    text(right - 125, 22, "without files’ pages", `text-anchor="end" fill="${colors.anonymous}"`),
    "</svg>",
    "",
  ].join("\n");
}

/** As many points as can be seen, and none of the peaks lost. */
function highestOfEachPixel(
  samples: readonly MemorySample[],
  x: (ms: number) => number,
  bytesOf: (sample: MemorySample) => number,
): [x: number, bytes: number][] {
  const highest = new Map<number, number>();
  for (const sample of samples) {
    const pixel = Math.round(x(sample.ms));
    highest.set(pixel, Math.max(highest.get(pixel) ?? 0, bytesOf(sample)));
  }
  return [...highest];
}

/** Ten to twenty marks on the axis. */
function timeScale(lastMs: number): { unitMs: number; step: number; unit: string } {
  const [unitMs, unit] = lastMs < 180_000 ? [1_000, "seconds"] : [60_000, "minutes"];
  const step = [1, 2, 5, 10, 20, 50].find((size) => lastMs / unitMs / size <= 20) ?? 100;
  return { unitMs, step, unit };
}

function rule(x1: number, y1: number, x2: number, y2: number, color: string, more = ""): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${color}" ${more}/>`;
}

function text(x: number, y: number, words: string, more = ""): string {
  return `<text x="${x}" y="${y}" ${more}>${escaped(words)}</text>`;
}

function anchor(isAtEnd: boolean): string {
  return isAtEnd ? 'text-anchor="end"' : "";
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function rounded(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
