import { type MaintenanceRecord, readMaintenanceRecord } from "../maintenance/maintenance-record.ts";
import type { DatabaseDiagnostics, DiagnosisOptions, Finding, Severity } from "../model/finding.ts";
import { type IndexManifest, inspectIndexFolder } from "../store/index-folder.ts";
import { inspectLock } from "../store/writer-lock.ts";
import { checkContents } from "./checks/check-contents.ts";
import { checkDisk, freeBytes } from "./checks/check-disk.ts";
import { checkFolder } from "./checks/check-folder.ts";
import { type Misfit, checkIdentity } from "./checks/check-identity.ts";
import { checkLastRun } from "./checks/check-last-run.ts";
import { checkLock } from "./checks/check-lock.ts";
import {
  type MeasuredTable,
  checkMaintenance,
  checkMaintenanceRecord,
  indexCoverage,
} from "./checks/check-maintenance.ts";
import { type ExaminedTable, examineTable } from "./examine-table.ts";
import { expectedTables, withTables } from "./open-tables.ts";
import { type Remedies, unaided } from "./remedies.ts";

/** An index to be diagnosed, and what is asked of it. */
export interface DiagnosedIndex {
  readonly folder: string;
  /** What helps, in the words of such an index. */
  readonly remedies: Remedies;
  /** Throws the ResonaError of an index that belongs to another workspace or holds something else. */
  readonly refuseOthers: (manifest: IndexManifest) => void;
  /** How the index differs from one that would be made now; rejects if its model cannot be used. */
  readonly compare: (manifest: IndexManifest) => Promise<Misfit | undefined>;
}

/**
 * Looks for everything that is known to go wrong with an index. Changes nothing, needs no lock and works on an index
 * that cannot be opened: trouble is a finding, not an error. No table is ever loaded as a whole.
 *
 * @throws ResonaError NO_INDEX, INDEX_BEING_BUILT; the signal's reason when aborted.
 */
export async function diagnoseIndex(
  index: DiagnosedIndex,
  options: DiagnosisOptions = {},
): Promise<DatabaseDiagnostics> {
  const { folder, remedies } = index;
  const { manifest, findings: ofFolder } = await checkFolder(folder, index.refuseOthers, remedies);
  const diagnosis = new Diagnosis(options.signal);
  const record = await readMaintenanceRecord(folder);
  await diagnosis.look("the folder", () => ofFolder);
  await diagnosis.look("the writer's lock", () => checkLock(folder));
  let tables: readonly ExaminedTable[] = [];
  if (manifest !== undefined) {
    await diagnosis.look("the model", () => checkIdentity(() => index.compare(manifest)));
    await diagnosis.look("the last run", () => checkLastRun(folder, manifest, remedies));
    tables = await examineTables({ folder, manifest, remedies, record }, diagnosis, options);
  }
  await diagnosis.look("maintenance", () => checkMaintenanceRecord(record, remedies));
  const liveBytes = sum(tables.map(({ opened }) => opened?.state?.liveBytes ?? 0));
  await diagnosis.look("the disk", async () => checkDisk(await freeBytes(folder), liveBytes));
  return {
    ...figuresOf(tables[0], record),
    ...(manifest === undefined ? {} : reclaimableBytes(tables)),
    findings: diagnosis.findings(),
  };
}

/** Collects what checks find; one that fails is a finding itself. */
class Diagnosis {
  readonly #findings: Finding[] = [];
  readonly #signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** @throws the signal's reason, and nothing else. */
  async look(what: string, check: () => readonly Finding[] | Promise<readonly Finding[]>): Promise<void> {
    this.#signal?.throwIfAborted();
    try {
      this.#findings.push(...(await check()));
    } catch (error) {
      this.#signal?.throwIfAborted();
      this.#findings.push(checkFailed(what, error));
    }
  }

  findings(): readonly Finding[] {
    return worstFirst(this.#findings);
  }
}

export function worstFirst(findings: readonly Finding[]): readonly Finding[] {
  const order: readonly Severity[] = ["error", "warning", "info"];
  return findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

interface ExaminedIndex {
  readonly folder: string;
  readonly manifest: IndexManifest;
  readonly remedies: Remedies;
  readonly record: MaintenanceRecord;
}

/** Looks at every table that the index should have, the chunk table first. */
async function examineTables(
  index: ExaminedIndex,
  diagnosis: Diagnosis,
  options: DiagnosisOptions,
): Promise<readonly ExaminedTable[]> {
  const { folder, manifest, remedies, record } = index;
  const tables: ExaminedTable[] = [];
  await diagnosis.look("the database", () =>
    withTables(folder, async (open) => {
      for (const expected of expectedTables(manifest)) {
        let examined: ExaminedTable = { findings: [] };
        await diagnosis.look(`the table ${expected.name}`, async () => {
          examined = await examineTable(expected, open, { folder, remedies, signal: options.signal });
          return examined.findings;
        });
        tables.push(examined);
        const measured = measuredTable(examined, record);
        if (measured !== undefined)
          await diagnosis.look(`the state of the table ${expected.name}`, () => checkMaintenance(measured, remedies));
      }
      return options.deep === true ? readEverything(folder, tables, remedies, options) : [];
    }),
  );
  return tables;
}

/** The deep diagnosis, if all tables are there and nothing is known yet that would end it early. */
async function readEverything(
  folder: string,
  tables: readonly ExaminedTable[],
  remedies: Remedies,
  options: DiagnosisOptions,
): Promise<readonly Finding[]> {
  const readable = tables.flatMap(({ opened }) => (opened?.isReadable === true ? [opened.table] : []));
  const [chunks, files] = readable;
  if (chunks === undefined || readable.length < tables.length) return [];
  const before = await wholeSources(folder);
  const { ofRecords, ofSources } = await checkContents(chunks, files, remedies, options);
  const areWhole = before !== undefined && before === (await wholeSources(folder));
  return areWhole ? [...ofRecords, ...ofSources] : ofRecords;
}

/** When the sources of an index were last known to be whole; undefined while they need not be. */
async function wholeSources(folder: string): Promise<string | undefined> {
  const state = await inspectIndexFolder(folder);
  if (state.kind !== "ready" || state.manifest.state !== "clean") return undefined;
  return (await inspectLock(folder)).kind === "held" ? undefined : (state.manifest.lastIndexedAt ?? "");
}

/** Undefined if LanceDB cannot tell what the table consists of. */
function measuredTable({ opened, reclaimable }: ExaminedTable, record: MaintenanceRecord): MeasuredTable | undefined {
  if (opened?.state === undefined || reclaimable === undefined) return undefined;
  const { table, state } = opened;
  return { table, state, reclaimable, vectorIndexRows: record.vectorIndexRows[table.name] };
}

function figuresOf(
  chunks: ExaminedTable | undefined,
  record: MaintenanceRecord,
): Pick<DatabaseDiagnostics, "totalRows" | "version" | "index"> {
  const { rows: totalRows = 0, version = 0 } = chunks?.opened ?? {};
  const measured = chunks && measuredTable(chunks, record);
  return { totalRows, version, ...(measured ? indexCoverage(measured) : {}) };
}

function reclaimableBytes(tables: readonly ExaminedTable[]): Pick<DatabaseDiagnostics, "reclaimableBytes"> {
  const known = tables.flatMap(({ reclaimable }) =>
    reclaimable === undefined || reclaimable.refused !== undefined ? [] : [reclaimable.bytesRemoved],
  );
  return known.length === tables.length ? { reclaimableBytes: sum(known) } : {};
}

function checkFailed(what: string, error: unknown): Finding {
  const detail = error instanceof Error ? error.message : String(error);
  return {
    code: "CHECK_FAILED",
    severity: "warning",
    sentence: `Whether all is well with ${what} could not be told: ${detail}`,
    remedy: unaided("Look at what the message names, then diagnose again."),
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
