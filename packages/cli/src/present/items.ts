import type { DatabaseDiagnostics, EmbedSummary, ItemHit, ItemSearchResult, ItemStats } from "@resona/core";

import { formatHealth, formatStorage } from "./health.ts";
import { formatDatabase, formatModel } from "./human.ts";
import { indexFields, printDocument, storageFields } from "./json.ts";
import type { Paint } from "./paint.ts";
import { counted, formatBytes, formatCount, formatDuration, printable, printableLine } from "./text.ts";

/** A line of the input that gave no item, or none that could be embedded. */
export interface LineFailure {
  readonly line: number;
  readonly message: string;
}

/** What a run did; failures of lines and of items together. */
export type EmbedReport = Omit<EmbedSummary, "failures"> & { readonly failures: readonly LineFailure[] };

const failuresShown = 10;
const linesShown = 12;

/** What a run did, in a few lines. */
export function formatEmbedSummary(report: EmbedReport): string {
  const records = [
    counted(report.totalEmbeddings, "record"),
    ...(report.reusedEmbeddings > 0 ? [`${formatCount(report.reusedEmbeddings)} of them embedded before`] : []),
  ];
  const embedded = `Embedded ${counted(report.itemsEmbedded, "item")} (${records.join(", ")})`;
  const others = [
    `${formatCount(report.itemsUnchanged)} unchanged`,
    ...(report.itemsEmpty > 0 ? [`${formatCount(report.itemsEmpty)} empty`] : []),
    `${counted(report.collectionCount, "record")} in the index`,
  ].join(", ");
  const cost = `peak memory ${formatBytes(report.peakRssBytes)}`;
  const lines = [
    `${embedded} in ${formatDuration(report.durationMs)}; ${others}; ${cost}.`,
    ...(report.truncatedChunks > 0
      ? [
          `The model did not read ${counted(report.truncatedChunks, "record")} to the end; their ends are found by words only.`,
        ]
      : []),
    ...(report.oversizedChunks > 0 ? [oversizedRecords(report.oversizedChunks)] : []),
    ...formatFailures(report),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

function oversizedRecords(count: number): string {
  const found = count === 1 ? "it is" : "they are";
  return `${counted(count, "record")} ${count === 1 ? "is" : "are"} too long for the embedding service; ${found} found by words only.`;
}

function formatFailures({ itemsFailed, failures }: EmbedReport): string[] {
  if (itemsFailed === 0) return [];
  const more = itemsFailed - Math.min(failures.length, failuresShown);
  return [
    `Left out ${counted(itemsFailed, "line")}`,
    ...failures
      .slice(0, failuresShown)
      .map(({ line, message }) => `  line ${formatCount(line)}: ${printable(message)}`),
    ...(more > 0 ? [`  … ${formatCount(more)} more`] : []),
  ];
}

/** What to say when a run was stopped by the user. A rebuild that is asked for again begins anew. */
export function embeddingInterrupted({ collectionCount }: EmbedReport, rebuild: boolean): string {
  const command = `the same command${rebuild ? " without --rebuild" : ""}`;
  const stays = `${counted(collectionCount, "record")} ${collectionCount === 1 ? "is" : "are"} stored`;
  return `Interrupted; ${stays}, run ${command} to continue.`;
}

/** Ranked hits, best first, an empty line between them; empty text for no hits. */
export function formatItemHits(hits: readonly ItemHit[], paint: Paint): string {
  return hits.map((hit) => formatHit(hit, paint)).join("\n");
}

function formatHit({ id, startLine, endLine, text, metadata, score }: ItemHit, paint: Paint): string {
  const range = startLine === endLine ? `${startLine}` : `${startLine}-${endLine}`;
  const about = metadata === undefined ? "" : `  ${paint("faint", printable(JSON.stringify(metadata)))}`;
  const source = text.split("\n");
  const shown = source.slice(0, linesShown).map((line) => `  ${printableLine(line)}`);
  const rest = source.length - linesShown;
  const lines = [
    `${paint("path", `${printable(id)}:${range}`)}  ${paint("score", score.toFixed(3))}${about}`,
    ...shown,
    ...(rest > 0 ? [paint("faint", `  … ${counted(rest, "more line")}`)] : []),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** The state of an index of items as an aligned list. */
export function formatItemStats(stats: ItemStats, diagnostics: DatabaseDiagnostics, paint: Paint): string {
  const rows: [string, string][] = [
    ["Index", printable(stats.indexPath)],
    ["Model", formatModel(stats)],
    ["Items", formatCount(stats.items)],
    ["Records", formatCount(stats.chunks)],
    ["Size", formatBytes(stats.diskBytes)],
    ["Embedded", stats.lastIndexedAt ?? "never completely"],
    ["Database", formatDatabase(stats)],
  ];
  const lines = [
    ...rows.map(([name, value]) => `${name.padEnd(11)}${value}`),
    ...(stats.oversizedChunks > 0 ? [oversizedRecords(stats.oversizedChunks)] : []),
    ...formatStorage(stats, diagnostics),
    ...formatHealth(diagnostics, paint),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

export function generateDocument(report: EmbedReport, indexPath: string): string {
  return printDocument({
    command: "embed generate",
    indexPath,
    status: report.status,
    itemsRead: report.itemsRead,
    itemsUnchanged: report.itemsUnchanged,
    itemsEmbedded: report.itemsEmbedded,
    itemsEmpty: report.itemsEmpty,
    itemsFailed: report.itemsFailed,
    failures: report.failures.map(({ line, message }) => ({ line, message })),
    totalEmbeddings: report.totalEmbeddings,
    reusedEmbeddings: report.reusedEmbeddings,
    batchesProcessed: report.batchesProcessed,
    collectionCount: report.collectionCount,
    truncatedChunks: report.truncatedChunks,
    oversizedChunks: report.oversizedChunks,
    maxTokens: report.maxTokens ?? null,
    durationMs: report.durationMs,
    peakRssBytes: report.peakRssBytes,
  });
}

export function itemSearchDocument(result: ItemSearchResult): string {
  return printDocument({
    command: "embed search",
    query: result.query,
    hits: result.hits.map(({ id, startLine, endLine, text, metadata, score }) => ({
      id,
      startLine,
      endLine,
      score,
      text,
      metadata: metadata ?? null,
    })),
    indexComplete: result.indexComplete,
    durationMs: result.durationMs,
  });
}

export function deleteDocument(recordsRemoved: number): string {
  return printDocument({ command: "embed delete", recordsRemoved });
}

export function itemStatsDocument(stats: ItemStats, diagnostics: DatabaseDiagnostics): string {
  return printDocument({
    command: "embed stats",
    ...indexFields(stats),
    items: stats.items,
    records: stats.chunks,
    ...storageFields(stats, diagnostics),
  });
}
