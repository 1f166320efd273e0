import { type MaintenanceOptions, type MaintenanceResult, ResonaError, type StorageStats } from "@resona/core";

import type { CliContext } from "../context.ts";
import type { StorageChange } from "../present/maintenance.ts";
import { printable } from "../present/text.ts";

interface Maintainable {
  maintain(options: MaintenanceOptions): Promise<MaintenanceResult>;
}

/** Runs maintenance with a line on stderr for each step that begins or ends; under `--json` without. */
export function runMaintenance(
  index: Maintainable,
  options: MaintenanceOptions,
  { json, context: { stderr, signal } }: { readonly json: boolean; readonly context: CliContext },
): Promise<MaintenanceResult> {
  const onProgress: NonNullable<MaintenanceOptions["onProgress"]> = (step, details = "") => {
    stderr.write(`${step.padEnd(stepColumns)}  ${printable(details)}\n`);
  };
  return index.maintain({ ...options, signal, ...(json ? {} : { onProgress }) });
}

/** The same, with the sizes of before and after. */
export async function runMeasuredMaintenance(
  index: Maintainable & Measurable,
  options: MaintenanceOptions,
  how: { readonly json: boolean; readonly context: CliContext },
): Promise<{ readonly result: MaintenanceResult; readonly change: StorageChange }> {
  const before = await storageOf(index);
  const result = await runMaintenance(index, options, how);
  return { result, change: { before, after: await storageOf(index) } };
}

interface Measurable {
  stats(): Promise<StorageStats>;
}

/** Undefined for an index that cannot be measured, which maintenance may change. */
async function storageOf(index: Measurable): Promise<StorageStats | undefined> {
  try {
    return await index.stats();
  } catch (error) {
    if (error instanceof ResonaError) return undefined;
    throw error;
  }
}

const stepColumns = "compaction".length;
