// `npm run bench`: measures every bound, prints measurement, bound and committed baseline, and writes the baseline with
// --update. `npm run bench -- models`: the promises about models, beside llama.cpp. Exits with 1 if one is not kept.
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";

import { type BoundName, type Measurements, bounds } from "./bounds.ts";
import { measureBounds } from "./measure-bounds.ts";
import { reportModels } from "./models/report-models.ts";

const baselineFile = new URL("../baselines/bounds.json", import.meta.url);

const [subject, ...rest] = process.argv.slice(2);
const kept = subject === "models" ? await reportModels(rest) : await reportBounds();
process.exitCode = kept ? 0 : 1;

async function reportBounds(): Promise<boolean> {
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
  return rows.every(({ ok }) => ok);
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 100) / 100;
}
