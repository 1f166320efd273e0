import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import type { MaintenanceFailure, MaintenanceStep } from "../model/maintenance.ts";

const RECORD = "maintenance.json";
const steps: ReadonlySet<unknown> = new Set<MaintenanceStep>(["sweep", "compaction", "index", "cleanup"]);

/** A step that failed the last time it was tried. */
interface FailingStep extends MaintenanceFailure {
  /** Runs in which it failed, without one in between in which it succeeded. */
  readonly times: number;
  /** ISO 8601, the first of them. */
  readonly since: string;
}

/** What maintenance remembers of an index, in `maintenance.json`; all of it can be lost without harm. */
export interface MaintenanceRecord {
  /** ISO 8601, end of the last run that found something to do. */
  readonly lastRunAt?: string;
  /** By table: the rows that it had when its vector index was last made. */
  readonly vectorIndexRows: Readonly<Record<string, number>>;
  readonly failing: readonly FailingStep[];
}

/** Reads the record of an index folder; an empty one if there is none or it makes no sense. Never rejects. */
export async function readMaintenanceRecord(folder: string): Promise<MaintenanceRecord> {
  const nothing: MaintenanceRecord = { vectorIndexRows: {}, failing: [] };
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, RECORD), "utf8"));
    if (!isObject(value)) return nothing;
    const { lastRunAt, vectorIndexRows, failing } = value;
    const rows = Object.entries(isObject(vectorIndexRows) ? vectorIndexRows : {});
    return {
      ...(typeof lastRunAt === "string" ? { lastRunAt } : {}),
      vectorIndexRows: Object.fromEntries(rows.filter((entry): entry is [string, number] => isCount(entry[1]))),
      failing: Array.isArray(failing) ? failing.filter(isFailingStep) : [],
    };
  } catch {
    return nothing;
  }
}

/**
 * Replaces the record atomically. Where that fails, as on a full disk, the old one stays: no run fails for it. For the
 * holder of the writer's lock.
 */
export async function writeMaintenanceRecord(folder: string, record: MaintenanceRecord): Promise<void> {
  const target = join(folder, RECORD);
  try {
    await writeFile(`${target}.new`, `${JSON.stringify(record, undefined, 2)}\n`, { flush: true });
    await rename(`${target}.new`, target);
  } catch {
    await rm(`${target}.new`, { force: true }).catch(() => undefined);
  }
}

/** A step on a table. */
export type TriedStep = Pick<MaintenanceFailure, "step" | "table">;

/** What a run has done, as far as the record needs it. */
interface RunOutcome {
  readonly tried: readonly TriedStep[];
  readonly failures: readonly MaintenanceFailure[];
  /** By table: the rows that its vector index was made of, or undefined if it was dropped. */
  readonly vectorIndexRows: ReadonlyMap<string, number | undefined>;
}

/** The record after a run that has just ended. */
export function recordAfter(
  record: MaintenanceRecord,
  { tried, failures, vectorIndexRows }: RunOutcome,
): MaintenanceRecord {
  const now = new Date().toISOString();
  const before = new Map(record.failing.map((step) => [stepKey(step), step]));
  const triedKeys = new Set(tried.map(stepKey));
  const untried = record.failing.filter((step) => !triedKeys.has(stepKey(step)));
  const failed = failures.map((failure): FailingStep => {
    const { times = 0, since = now } = before.get(stepKey(failure)) ?? {};
    return { ...failure, times: times + 1, since };
  });
  const rows = new Map<string, number | undefined>([...Object.entries(record.vectorIndexRows), ...vectorIndexRows]);
  return {
    lastRunAt: now,
    vectorIndexRows: Object.fromEntries([...rows].filter((entry): entry is [string, number] => entry[1] !== undefined)),
    failing: [...untried, ...failed],
  };
}

/** Names a step on a table. */
export function stepKey({ step, table }: TriedStep): string {
  return `${step} ${table}`;
}

function isFailingStep(value: unknown): value is FailingStep {
  if (!isObject(value)) return false;
  const texts = [value["table"], value["code"], value["message"], value["since"]];
  return steps.has(value["step"]) && isCount(value["times"]) && texts.every((text) => typeof text === "string");
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
