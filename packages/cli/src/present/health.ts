import type { DatabaseDiagnostics, Finding, StorageStats } from "@resona/core";

import type { Paint } from "./paint.ts";
import { counted, formatBytes, formatCount, printable } from "./text.ts";

const barColumns = 20;

/** Shares as a picture: which part of the rows each index covers, and which part of the disk is needed. */
export function formatStorage(
  { indexes, diskBytes }: Pick<StorageStats, "indexes" | "diskBytes">,
  { reclaimableBytes }: Pick<DatabaseDiagnostics, "reclaimableBytes">,
): string[] {
  const coverage = indexes.map(({ column, indexedRows, unindexedRows }) => {
    const total = indexedRows + unindexedRows;
    return [column, bar(indexedRows, total), `${formatCount(indexedRows)} of ${counted(total, "row")}`];
  });
  return [
    ...(coverage.length > 0 ? ["Indexes", ...aligned(coverage)] : []),
    ...(reclaimableBytes === undefined ? [] : ["Disk", ...aligned([diskInUse(diskBytes, reclaimableBytes)])]),
  ];
}

function diskInUse(diskBytes: number, reclaimableBytes: number): string[] {
  const inUse = Math.max(0, diskBytes - reclaimableBytes);
  const facts = `${formatBytes(inUse)} of ${formatBytes(diskBytes)}; old versions take ${formatBytes(reclaimableBytes)}`;
  return ["in use", bar(inUse, diskBytes), facts];
}

/** Whether the index is healthy, and each finding in a line of its own. */
export function formatHealth({ findings }: Pick<DatabaseDiagnostics, "findings">, paint: Paint): string[] {
  const verdict = isHealthy(findings) ? "healthy" : `${countedFindings(findings)}; \`resona doctor\` says what helps`;
  return [
    `Health     ${verdict}`,
    ...findings.map((finding) => `  ${labelOf(finding, paint)} ${printable(finding.sentence)}`),
  ];
}

/** Findings with what to do about them, worst first, and a verdict. */
export function formatFindings(
  { findings, totalRows }: Pick<DatabaseDiagnostics, "findings" | "totalRows">,
  paint: Paint,
): string {
  const lines = findings.flatMap((finding) => [
    `${labelOf(finding, paint)} ${printable(finding.sentence)}`,
    `  ${printable(finding.remedy.sentence)}`,
  ]);
  const verdict = isHealthy(findings)
    ? `${paint("good", "Healthy")}: ${counted(totalRows, "row")}.`
    : `${countedFindings(findings)}.`;
  return [...lines, verdict].map((line) => `${line}\n`).join("");
}

/** What the engine found, for a JSON document. */
export function diagnosticsFields({ totalRows, version, index, ...rest }: DatabaseDiagnostics): object {
  return {
    totalRows,
    version,
    index:
      index === undefined
        ? null
        : {
            numIndexedRows: index.numIndexedRows,
            numUnindexedRows: index.numUnindexedRows,
            stalePercent: index.stalePercent,
            needsRebuild: index.needsRebuild,
          },
    reclaimableBytes: rest.reclaimableBytes ?? null,
    findings: rest.findings.map(findingFields),
  };
}

export function findingFields({ code, severity, sentence, remedy }: Finding): object {
  return { code, severity, sentence, remedy: { kind: remedy.kind, sentence: remedy.sentence } };
}

/** Facts that need nothing are no illness. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return findings.every(({ severity }) => severity === "info");
}

function labelOf({ code, severity }: Finding, paint: Paint): string {
  const role = ({ error: "error", warning: "note", info: "faint" } as const)[severity];
  return paint(role, `${severity}[${code}]:`);
}

/** `1 error and 2 warnings` */
function countedFindings(findings: readonly Finding[]): string {
  const count = (severity: Finding["severity"]) => findings.filter((finding) => finding.severity === severity).length;
  const [errors, warnings] = [count("error"), count("warning")];
  return [
    ...(errors > 0 ? [counted(errors, "error")] : []),
    ...(warnings > 0 ? [counted(warnings, "warning")] : []),
  ].join(" and ");
}

/** What is not all is not shown as all, nor what is something as nothing. */
function bar(part: number, whole: number): string {
  const share = Math.floor((part / whole) * barColumns);
  const filled = part >= whole ? barColumns : part > 0 ? Math.max(1, share) : 0;
  return `${"█".repeat(filled)}${"░".repeat(barColumns - filled)}`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  return rows.map(([name = "", ...others]) => ["", name.padEnd(width), ...others].join("  "));
}
