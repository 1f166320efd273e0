import { fileURLToPath } from "node:url";

import { type Check, checkTable, table } from "../models/report.ts";
import { type EmbedRun, measureIncrementalEmbed } from "./measure-incremental-embed.ts";

const cli = fileURLToPath(new URL("../../../cli/dist/main.js", import.meta.url));

/**
 * Measures `embed generate` over 318,000 items, about 450,000 records, and again when one in a hundred has changed;
 * prints a table and the bound on the memory of the second run. Takes some minutes and 3 GB of disk; Linux only.
 *
 * @param binary a compiled CLI instead of the one in Node
 */
export async function reportEmbedScale(binary: string | undefined, progress: (line: string) => void): Promise<Check[]> {
  const { first, incremental } = await measureIncrementalEmbed(
    binary === undefined ? [process.execPath, cli] : [binary],
    progress,
  );
  const checks: Check[] = [
    { name: "incremental run: peak RSS, MB", measured: incremental.peakRssBytes / 1e6, atMost: 700 },
  ];
  const rows = [rowOf("first run", first), rowOf("1 % changed", incremental)];
  const title = `## Embedding at scale (${binary === undefined ? "Node" : "compiled binary"})`;
  const header = ["run", "items", "embedded", "records", "seconds", "peak RSS MB"];
  console.log(`${[title, table(header, rows), checkTable(checks)].join("\n\n")}\n`);
  return checks;
}

function rowOf(name: string, { output, wallMs, peakRssBytes }: EmbedRun): (string | number)[] {
  const counts = ["itemsRead", "itemsEmbedded", "collectionCount"].map((field) => Number(output[field]));
  return [name, ...counts, (wallMs / 1_000).toFixed(1), (peakRssBytes / 1e6).toFixed(0)];
}
