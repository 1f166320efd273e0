// `npm run bench`: measures every bound, prints measurement, bound and committed baseline, and writes the baseline with
// --update. With `models`, `change-detection`, `maintenance`, `embed-scale`, `watch`, `pipeline` or `extension`: the
// promises about these, which take longer. Exits with 1 if one is not kept.
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";

import { type BoundName, type Measurements, bounds } from "./bounds.ts";
import { reportChangeDetection } from "./change-detection/report-change-detection.ts";
import { reportEmbedScale } from "./embed-scale/report-embed-scale.ts";
import { reportExtension } from "./extension/report-extension.ts";
import { reportMaintenance } from "./maintenance/report-maintenance.ts";
import { measureBounds } from "./measure-bounds.ts";
import { reportModels } from "./models/report-models.ts";
import { isMet } from "./models/report.ts";
import { reportPipeline } from "./pipeline/report-pipeline.ts";
import { measureWatch } from "./watch/measure-watch.ts";

const baselineFile = new URL("../baselines/bounds.json", import.meta.url);

const [subject, ...rest] = process.argv.slice(2);
process.exitCode = (await report()) ? 0 : 1;

/** @returns whether every promise is kept. */
async function report(): Promise<boolean> {
  const progress = (line: string) => {
    console.error(line);
  };
  switch (subject) {
    case "models":
      return reportModels(rest);
    case "change-detection":
      return (await reportChangeDetection(progress)).checks.every(isMet);
    case "maintenance":
      return (await reportMaintenance(rest[0], progress)).every(isMet);
    case "embed-scale":
      return (await reportEmbedScale(rest[0], progress)).every(isMet);
    case "watch": {
      const { saves } = await measureWatch(rest, progress);
      // A second from a save until it is found.
      return saves.every(({ searchable }) => searchable.p95 <= 1_000);
    }
    case "pipeline":
      return reportPipeline(rest[0], rest[1], progress);
    case "extension":
      return (await reportExtension(progress)).every(isMet);
    case undefined:
    default:
      return reportBounds();
  }
}

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
