// Measures every bound, prints measurement, bound and committed baseline, and writes the baseline with --update.
// Exits with 1 if a bound is exceeded.
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";

import { type BoundName, type Measurements, bounds } from "./bounds.ts";
import { measureBounds } from "./measure-bounds.ts";

const baselineFile = new URL("../baselines/bounds.json", import.meta.url);

const measured = await measureBounds((line) => console.error(line));
const baseline = JSON.parse(await readFile(baselineFile, "utf8").catch(() => "{}")) as Partial<{
  measurements: Measurements;
}>;

const rows = (Object.keys(bounds) as BoundName[]).map((id) => {
  const { name, unit, bound } = bounds[id];
  const value = measured[id];
  return {
    name,
    unit,
    measured: rounded(value),
    bound,
    baseline: rounded(baseline.measurements?.[id]),
    ok: value <= bound,
  };
});
console.table(rows);

if (process.argv.includes("--update")) {
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, Node ${process.versions.node}`;
  await writeFile(baselineFile, `${JSON.stringify({ machine, measurements: measured }, undefined, 2)}\n`);
}
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 100) / 100;
}
