import { type Section, isMet } from "../models/report.ts";
import { reportCheckpoint } from "./report-checkpoint.ts";
import { reportMemory } from "./report-memory.ts";
import { reportSpeed } from "./report-speed.ts";

const parts = ["checkpoint", "speed", "memory"] as const;

/**
 * Measures what indexing promises: memory, speed against the same stages one after another, and the size of the
 * checkpoint. Prints tables with every bound and whether it is met.
 *
 * @param part one of them; all if it is left out.
 * @param scale share of the 100,000 files of the memory's measurement.
 * @returns whether every promise is kept.
 */
export async function reportPipeline(
  part: string | undefined,
  scale: string | undefined,
  progress: (line: string) => void,
): Promise<boolean> {
  const asked = parts.filter((name) => part === undefined || part === name);
  if (asked.length === 0) throw new Error(`unknown: ${part}; there are ${parts.join(", ")}`);
  const share = Number(scale ?? 1);
  if (!(share > 0 && share <= 1)) throw new Error(`not a scale above 0 and up to 1: ${scale}`);
  const measure: Readonly<Record<(typeof parts)[number], () => Promise<Section>>> = {
    checkpoint: reportCheckpoint,
    speed: () => reportSpeed(progress),
    memory: () => reportMemory(share, progress),
  };
  let allMet = true;
  for (const name of asked) {
    const { title, text, checks } = await measure[name]();
    console.log(`## ${title}\n\n${text.join("\n\n")}\n`);
    allMet &&= checks.every(isMet);
  }
  return allMet;
}
