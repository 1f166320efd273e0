import { existsSync } from "node:fs";
import { join } from "node:path";

import type { Finding } from "../model/finding.ts";
import type { ExpiredVersions } from "../store/expired-versions.ts";
import type { LanceTable, TableState } from "../store/lance-table.ts";
import { measureTableFiles } from "../store/table-files.ts";
import { listManifests } from "../store/table-manifests.ts";
import { checkFailedFiles } from "./checks/check-failed-files.ts";
import { brokenIndex, checkIndexes } from "./checks/check-indexes.ts";
import { checkAllManifests, checkNewestManifest } from "./checks/check-manifests.ts";
import { checkReading, unreadable } from "./checks/check-reading.ts";
import { checkSchema } from "./checks/check-schema.ts";
import { checkTableFiles } from "./checks/check-table-files.ts";
import type { ExpectedTable, TableOpener } from "./open-tables.ts";
import type { Remedies } from "./remedies.ts";

/** What is known of one table. */
export interface ExaminedTable {
  readonly findings: readonly Finding[];
  /** Absent if it cannot be opened, or has other columns. */
  readonly opened?: OpenedTable;
  /** What only old versions need. */
  readonly reclaimable?: ExpiredVersions;
}

interface OpenedTable {
  readonly table: LanceTable;
  readonly rows: number;
  readonly version: number;
  /** Absent if LanceDB cannot tell because something that belongs to the table cannot be read. */
  readonly state?: TableState;
  /** Whether its rows can be read, as far as a quick look tells. */
  readonly isReadable: boolean;
}

interface Examination {
  readonly folder: string;
  readonly remedies: Remedies;
  readonly signal: AbortSignal | undefined;
}

/** A table that is written or cleaned up without a pause is taken as it was found at last. */
const ATTEMPTS = 5;

/**
 * Looks at one table from its files upwards: manifest, files, columns, rows, indexes. What rests on something broken is
 * left out, since it would say the same again. Trouble with a table that has changed meanwhile may be that a cleanup took
 * away what was being looked at; then it is looked at again.
 */
export async function examineTable(
  expected: ExpectedTable,
  open: TableOpener,
  examination: Examination,
): Promise<ExaminedTable> {
  const versions = async () => {
    const { manifests } = await listManifests(join(examination.folder, `${expected.name}.lance`));
    return `${manifests[0]?.version} ${manifests.length}`;
  };
  for (let attempt = 1; ; attempt++) {
    const before = await versions();
    const examined = await examineOnce(expected, open, examination);
    if (examined.findings.length === 0 || attempt === ATTEMPTS || before === (await versions())) return examined;
  }
}

async function examineOnce(
  expected: ExpectedTable,
  open: TableOpener,
  examination: Examination,
): Promise<ExaminedTable> {
  const { folder, remedies } = examination;
  const { name } = expected;
  const tableFolder = join(folder, `${name}.lance`);
  if (!existsSync(tableFolder)) return { findings: [missingTable(name, remedies)] };
  const torn = await checkNewestManifest(name, tableFolder, remedies);
  if (torn.length > 0) return { findings: torn };
  const ofFiles = await checkTableFiles(name, tableFolder, remedies);
  const { reclaimable } = await measureTableFiles(tableFolder);
  try {
    const table = await open(expected);
    const ofColumns = checkSchema(name, await table.schema(), expected.schema, remedies);
    if (ofColumns.length > 0) return { findings: ofColumns, reclaimable };
    return { ...(await examineOpened(table, ofFiles, examination)), reclaimable };
  } catch (error) {
    return { findings: ofFiles.length > 0 ? ofFiles : [unreadable(name, error, remedies.restore)], reclaimable };
  }
}

async function examineOpened(
  table: LanceTable,
  ofFiles: readonly Finding[],
  { remedies, signal }: Examination,
): Promise<ExaminedTable> {
  const findings = [...ofFiles];
  const has = (...codes: Finding["code"][]) => findings.some(({ code }) => codes.includes(code));
  if (!has("DATA_MISSING", "DATA_CORRUPT")) findings.push(...(await checkReading(table, remedies, signal)));
  const isReadable = !has("DATA_MISSING", "DATA_CORRUPT");
  if (isReadable && table.name === "files") findings.push(...(await checkFailedFiles(table, remedies)));
  try {
    const state = await table.state();
    const columns = state.indexes.map(({ column }) => column);
    if (isReadable && !has("INDEX_BROKEN")) findings.push(...(await checkIndexes(table, columns, remedies)));
    return { findings, opened: { table, rows: state.rows, version: state.version, state, isReadable } };
  } catch (error) {
    signal?.throwIfAborted();
    findings.push(...(await checkAllManifests(table.name, table.path, remedies)));
    // An index that is broken badly keeps LanceDB from listing them.
    const wanted = table.wantedIndexes.map(({ column }) => column);
    if (findings.length === 0) findings.push(...(await checkIndexes(table, wanted, remedies)));
    if (findings.length === 0) findings.push(brokenIndex(table.name, undefined, error, remedies));
    const [newest] = (await listManifests(table.path)).manifests;
    const figures = { rows: await table.countRows(), version: newest?.version ?? 0 };
    return { findings, opened: { table, ...figures, isReadable } };
  }
}

function missingTable(name: string, remedies: Remedies): Finding {
  return {
    code: "DATA_MISSING",
    severity: "error",
    sentence: `The table ${name} is missing.`,
    remedy: remedies.restore,
  };
}
