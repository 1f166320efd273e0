import type { MaintenanceRecord } from "../../maintenance/maintenance-record.ts";
import { type DueIndex, cleanupDue, compactionDue, indexesDue } from "../../maintenance/policy.ts";
import { DEFAULT_RETENTION_DAYS, DEFAULT_STALE_SHARE } from "../../maintenance/thresholds.ts";
import type { DatabaseDiagnostics, Finding } from "../../model/finding.ts";
import { type ExpiredVersions, removeExpiredVersions } from "../../store/expired-versions.ts";
import type { LanceTable, TableState } from "../../store/lance-table.ts";
import { type Remedies, unaided } from "../remedies.ts";

const DAY_MS = 86_400_000;
/** A step that failed once may have met a full disk or a busy one. */
const REPEATEDLY = 2;

export interface MeasuredTable {
  readonly table: LanceTable;
  readonly state: TableState;
  /** What cleanup with a retention of 0 days would free. */
  readonly reclaimable: ExpiredVersions;
  /** Rows that the table had when its vector index was last made; undefined if nobody knows. */
  readonly vectorIndexRows: number | undefined;
}

/** Is maintenance due, by the policy that maintenance itself goes by? */
export async function checkMaintenance(measured: MeasuredTable, remedies: Remedies): Promise<Finding[]> {
  const { table, state, vectorIndexRows } = measured;
  const { name, wantedIndexes, vectorDimension } = table;
  const findings: Finding[] = [];
  const warn = (code: Finding["code"], sentence: string) =>
    findings.push({ code, severity: "warning", sentence, remedy: remedies.maintain });
  for (const { index, action, reason } of indexesDue({ wantedIndexes, vectorDimension, state, vectorIndexRows }))
    warn(
      "INDEX_STALE",
      `The index over ${index.column} of the table ${name} should be ${passive[action]}, because ${reason}.`,
    );
  const fragmented = compactionDue(state);
  if (fragmented !== undefined) warn("FRAGMENTED", `The table ${name} should be compacted, because ${fragmented}.`);
  return [...findings, ...(await checkVersions(measured, remedies))];
}

const passive: Readonly<Record<DueIndex["action"], string>> = {
  create: "made",
  extend: "extended",
  rebuild: "made anew",
  drop: "dropped",
};

/** Do old versions take too much? Young ones are kept on purpose: somebody may still be reading them. */
async function checkVersions({ table, state, reclaimable }: MeasuredTable, remedies: Remedies): Promise<Finding[]> {
  const reason = cleanupDue(reclaimable, state);
  if (reason === undefined) return [];
  const withoutVersions = cleanupDue({ ...reclaimable, versionsRemoved: 0 }, state);
  const code = withoutVersions === undefined ? "VERSIONS_PILED_UP" : "SPACE_RECLAIMABLE";
  const olderThan = new Date(Date.now() - DEFAULT_RETENTION_DAYS * DAY_MS);
  const old = await removeExpiredVersions(table.path, { olderThan, dryRun: true });
  if (cleanupDue(old, state) !== undefined) {
    const sentence = `Old versions of the table ${table.name} should be removed, because ${reason}.`;
    return [{ code, severity: "warning", sentence, remedy: remedies.maintain }];
  }
  const sentence = `Versions of the table ${table.name} of the last ${DEFAULT_RETENTION_DAYS} days are kept for those who read them; ${reason}.`;
  const remedy = unaided("Nothing needs to be done; maintenance with a retention of 0 days removes them now.");
  return [{ code, severity: "info", sentence, remedy }];
}

/** How much of the table its indexes cover, by the one that covers the fewest rows. */
export function indexCoverage({ table, state, vectorIndexRows }: MeasuredTable): Pick<DatabaseDiagnostics, "index"> {
  const [worst] = state.indexes.toSorted((a, b) => a.indexedRows - b.indexedRows || b.unindexedRows - a.unindexedRows);
  if (worst === undefined) return {};
  const { indexedRows: numIndexedRows, unindexedRows: numUnindexedRows } = worst;
  const { wantedIndexes, vectorDimension } = table;
  const due = { wantedIndexes, vectorDimension, state, vectorIndexRows };
  return {
    index: {
      numIndexedRows,
      numUnindexedRows,
      stalePercent: state.rows === 0 ? 0 : (100 * numUnindexedRows) / state.rows,
      needsRebuild: indexesDue(due).length > 0 || indexesDue(due, DEFAULT_STALE_SHARE).length > 0,
    },
  };
}

/** Has maintenance tried in vain, again and again? */
export function checkMaintenanceRecord({ failing }: MaintenanceRecord, remedies: Remedies): Finding[] {
  return failing
    .filter(({ times }) => times >= REPEATEDLY)
    .map(({ step, table, times, since, message }) => ({
      code: "MAINTENANCE_FAILING",
      severity: "warning",
      sentence: `Maintenance of the table ${table} has failed ${times} times since ${since}, at ${step}: ${message}`,
      remedy: remedies.maintain,
    }));
}
