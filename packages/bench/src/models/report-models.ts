import { readFileSync } from "node:fs";
import { cpus } from "node:os";

import { reportLoad } from "../machine-load.ts";
import { measureLoading } from "./loading.ts";
import { ModelFiles } from "./model-files.ts";
import { measureParity } from "./parity.ts";
import { type Section, isMet } from "./report.ts";
import { measureThroughput } from "./throughput.ts";
import { compareTokenizers } from "./tokenizers.ts";

const sections: Readonly<Record<string, (files: ModelFiles, progress: (line: string) => void) => Promise<Section>>> = {
  parity: measureParity,
  tokenizers: compareTokenizers,
  throughput: measureThroughput,
  loading: measureLoading,
};

/**
 * Measures native-embed beside llama.cpp on synthetic models, and prints tables with every promise and whether it is
 * met.
 *
 * @param names of the sections to measure; all of them if there are none.
 * @returns whether all promises are met.
 */
export async function reportModels(names: readonly string[]): Promise<boolean> {
  const unknown = names.filter((name) => !Object.hasOwn(sections, name));
  if (unknown.length > 0)
    throw new Error(`unknown: ${unknown.join(", ")}; there are ${Object.keys(sections).join(", ")}`);
  console.log(`${describeMachine()}\n`);
  reportLoad((line) => console.error(line));
  const files = await ModelFiles.create();
  try {
    let allMet = true;
    for (const [name, measure] of Object.entries(sections)) {
      if (names.length > 0 && !names.includes(name)) continue;
      const { title, text, checks } = await measure(files, (line) => console.error(line));
      console.log(`## ${title}\n\n${text.join("\n\n")}\n`);
      allMet &&= checks.every(isMet);
    }
    return allMet;
  } finally {
    await files.removeAll();
  }
}

/** What matters to the kernels. */
const notedFeatures = ["avx2", "avx_vnni", "avx512f", "avx512_vnni", "amx_int8", "asimddp", "i8mm"];

function describeMachine(): string {
  const name = `${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}`;
  const features = new Set(processorFlags());
  const noted = notedFeatures.filter((feature) => features.has(feature)).join(" ");
  return `${name}${noted && ` (${noted})`}, Node ${process.versions.node}, V8 ${process.versions.v8}`;
}

/** As Linux lists them. */
function processorFlags(): string[] {
  if (process.platform !== "linux") return [];
  const text = readFileSync("/proc/cpuinfo", "utf8");
  return /^(?:flags|Features)\s*:(.*)$/m.exec(text)?.[1]?.trim().split(" ") ?? [];
}
