import type {
  DatabaseDiagnostics,
  IndexDescription,
  IndexStats,
  IndexSummary,
  ScoreExplanation,
  SearchHit,
  SearchResult,
  SkipReason,
} from "@resona/core";
import { skipReasons } from "@resona/core";

import { hasNothingToIndex } from "../exit-codes.ts";
import type { Failure } from "../failure.ts";
import { shortHash } from "./commits.ts";
import { formatHealth, formatStorage } from "./health.ts";
import type { Paint } from "./paint.ts";
import { counted, fit, formatBytes, formatCount, formatDuration, printable, printableLine } from "./text.ts";

/** How hits are laid out. */
export interface HitLayout {
  readonly paint: Paint;
  /** Columns of the terminal; lines are cut there. Without a terminal a line has 400 columns. */
  readonly columns?: number | undefined;
  /** What a reader can open from where they stand: the path of the hit seen from the current folder. */
  readonly displayPath: (path: string) => string;
}

const defaultColumns = 400;
const symbolsShown = 6;
const failuresShown = 10;
/** Skipped files named of a reason. */
const examplesShown = 3;

/** Ranked hits, best first, an empty line between them; empty text for no hits. */
export function formatHits(result: Pick<SearchResult, "hits">, layout: HitLayout): string {
  return result.hits.map((hit) => formatHit(hit, layout)).join("\n");
}

function formatHit(hit: SearchHit, { paint, columns = defaultColumns, displayPath }: HitLayout): string {
  const range = hit.startLine === hit.endLine ? `${hit.startLine}` : `${hit.startLine}-${hit.endLine}`;
  const place = `${printable(displayPath(hit.path))}:${range}`;
  const symbols = hit.symbols.slice(0, symbolsShown).map(printable);
  if (hit.symbols.length > symbolsShown) symbols.push(`+${hit.symbols.length - symbolsShown}`);
  const commit = hit.lastCommit === undefined ? "" : shortHash(hit.lastCommit);
  const facts = [printable(hit.language), symbols.join(", "), commit].filter((fact) => fact !== "").join("  ");
  const lines = [
    `${paint("path", place)}  ${paint("score", formatScore(hit.score))}  ${paint("faint", facts)}`.trimEnd(),
  ];
  if (hit.explanation !== undefined) lines.push(...formatExplanation(hit.score, hit.explanation));
  lines.push(...formatSnippet(hit, columns, paint));
  return lines.map((line) => `${line}\n`).join("");
}

function formatSnippet(hit: SearchHit, columns: number, paint: Paint): string[] {
  const source = hit.snippet.replace(/\r?\n$/, "").split(/\r?\n/);
  const gutter = String(hit.startLine + source.length - 1).length;
  return source.map((text, index) => {
    const margin = `  ${String(hit.startLine + index).padStart(gutter)} │`;
    const code = fit(printableLine(text), columns - margin.length - 1);
    return code.trim() === "" ? paint("faint", margin) : `${paint("faint", margin)} ${code}`;
  });
}

/** The terms of a score, largest first, and how they make it up. */
function formatExplanation(score: number, { features, pathFactor }: ScoreExplanation): string[] {
  const terms = Object.entries(features).toSorted(([, a], [, b]) => Math.abs(b) - Math.abs(a));
  const sum = terms.reduce((total, [, value]) => total + value, 0);
  const rows: [string, number][] = [...terms, ["sum", sum], ["path factor", pathFactor], ["score", score]];
  const width = Math.max(...rows.map(([name]) => name.length));
  const texts = rows.map(([, value]) => value.toFixed(4));
  const valueWidth = Math.max(...texts.map((text) => text.length));
  return rows.map(([name], index) => `    ${name.padEnd(width)}  ${(texts[index] ?? "").padStart(valueWidth)}`);
}

function formatScore(score: number): string {
  return score.toFixed(3);
}

/** What an indexing run did, in a few lines. */
export function formatIndexSummary(summary: IndexSummary, workspace: string): string {
  const lines = [
    hasNothingToIndex(summary) ? nothingToIndex(summary, workspace) : workDone(summary),
    ...[truncatedChunks(summary), oversizedChunks(summary)].filter((line) => line !== undefined),
    ...formatSkipped(summary.skipped),
    ...formatFailures(summary),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** What an indexing run did, in one line. */
export function workDone(summary: IndexSummary): string {
  const work = [
    counted(summary.chunksWritten, "chunk"),
    ...(summary.reusedEmbeddings > 0 ? [`${formatCount(summary.reusedEmbeddings)} of them embedded before`] : []),
    // Also of files that are read again only to be compared.
    `${formatBytes(summary.bytesRead)} read`,
  ];
  const indexed = `Indexed ${counted(summary.filesIndexed, "file")} (${work.join(", ")})`;
  const others = [`${formatCount(summary.filesUnchanged)} unchanged`, `${formatCount(summary.filesRemoved)} removed`];
  return `${indexed} in ${formatDuration(summary.durationMs)}; ${others.join(", ")}; peak memory ${formatBytes(summary.peakRssBytes)}.`;
}

/** That the model did not read some chunks to their ends, if so. */
export function truncatedChunks({ truncatedChunks: count, maxTokens }: IndexSummary): string | undefined {
  if (count === 0) return undefined;
  const [subject, rest] = count === 1 ? ["1 chunk is", "it"] : [`${formatCount(count)} chunks are`, "them"];
  const limit = maxTokens === undefined ? "the model reads" : `the ${counted(maxTokens, "token")} that the model reads`;
  return `${subject} longer than ${limit}; the rest of ${rest} is found by words only (a smaller --chunk-chars avoids that).`;
}

/** That some chunks have no vector because an embedding service found them too long, if so. */
export function oversizedChunks({ oversizedChunks: count }: { readonly oversizedChunks: number }): string | undefined {
  if (count === 0) return undefined;
  const [subject, pronoun] = count === 1 ? ["1 chunk is", "it is"] : [`${formatCount(count)} chunks are`, "they are"];
  return `${subject} too long for the embedding service; ${pronoun} found by words only (a smaller --chunk-chars avoids that).`;
}

export function nothingToIndex({ filesFound }: IndexSummary, workspace: string): string {
  const skipped = filesFound === 1 ? "the one file found was" : `all ${formatCount(filesFound)} files found were`;
  const why = filesFound === 0 ? "it holds no files" : `${skipped} skipped`;
  return `There is nothing to index in ${printable(workspace)}: ${why}.`;
}

/** What to say when a run was stopped by the user. A rebuild that is asked for again begins anew. */
export function interrupted({ filesInIndex: files }: IndexSummary, rebuild = false): string {
  const command = `the same command${rebuild ? " without --rebuild" : ""}`;
  return `Interrupted; ${counted(files, "file")} ${files === 1 ? "is" : "are"} indexed, run ${command} to continue.`;
}

/** The state of an index as an aligned list, with its health. */
export function formatStats(stats: IndexStats, diagnostics: DatabaseDiagnostics, paint: Paint): string {
  const rows: [string, string][] = [
    ["Workspace", printable(stats.workspace)],
    ["Index", printable(stats.indexPath)],
    ["Model", formatModel(stats)],
    ["Files", formatCount(stats.files)],
    ["Chunks", formatCount(stats.chunks)],
    ...(stats.commits === undefined ? [] : [["Commits", formatCount(stats.commits)] as [string, string]]),
    ["Size", formatBytes(stats.diskBytes)],
    ["Indexed", stats.lastIndexedAt ?? "never completely"],
    ["Database", formatDatabase(stats)],
  ];
  const lines = rows.map(([name, value]) => `${name.padEnd(11)}${value}`);
  if (stats.languages.length > 0) lines.push("Languages", ...formatLanguages(stats));
  const oversized = oversizedChunks(stats);
  if (oversized !== undefined) lines.push(oversized);
  lines.push(...formatSkipped(stats.skipped, stats.skippedPaths), ...formatFailures(stats));
  lines.push(...formatStorage(stats, diagnostics), ...formatHealth(diagnostics, paint));
  return lines.map((line) => `${line}\n`).join("");
}

/** The shape of an index's tables in a few words. */
export function formatDatabase({
  schemaVersion,
  versions,
  fragments,
}: Pick<IndexStats, "schemaVersion" | "versions" | "fragments">): string {
  return [`schema ${schemaVersion}`, counted(versions, "version"), counted(fragments, "fragment")].join(", ");
}

/** A model by what people call it, or what it is called by if nobody does. */
export function formatModel({ modelName, modelId, modelPath, dimension }: IndexDescription): string {
  const label = modelName === undefined ? shortId(modelId) : `${printable(modelName)} (${shortId(modelId)})`;
  const place = modelPath === undefined ? [] : [printable(modelPath)];
  return [label, `${dimension} dimensions`, ...place].join(", ");
}

/** A model without a name is known by its SHA-256, of which a few digits tell it from others. */
function shortId(modelId: string): string {
  return /^[\da-f]{64}$/.test(modelId) ? modelId.slice(0, 12) : printable(modelId);
}

function formatLanguages({ languages }: IndexStats): string[] {
  const sorted = languages.toSorted((a, b) => b.chunks - a.chunks || (a.language < b.language ? -1 : 1));
  const name = Math.max(...sorted.map(({ language }) => language.length));
  const files = Math.max(...sorted.map((row) => formatCount(row.files).length));
  const chunks = Math.max(...sorted.map((row) => formatCount(row.chunks).length));
  return sorted.map(
    (row) =>
      `  ${printable(row.language).padEnd(name)}  ${formatCount(row.files).padStart(files)} ${row.files === 1 ? "file " : "files"}  ${formatCount(row.chunks).padStart(chunks)} ${row.chunks === 1 ? "chunk" : "chunks"}`,
  );
}

function formatSkipped(
  skipped: Partial<Record<SkipReason, number>>,
  paths: Partial<Record<SkipReason, readonly string[]>> = {},
): string[] {
  const rows = (Object.entries(skipped) as [SkipReason, number][])
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a);
  if (rows.length === 0) return [];
  const total = rows.reduce((sum, [, count]) => sum + count, 0);
  const width = formatCount(rows[0]?.[1] ?? 0).length;
  return [
    `Skipped ${counted(total, "file")}`,
    ...rows.map(
      ([reason, count]) =>
        `  ${formatCount(count).padStart(width)}  ${skipReasons[reason] ?? reason}${formatExamples(count, paths[reason])}`,
    ),
  ];
}

/** A few of the files that were skipped for a reason. */
function formatExamples(count: number, paths: readonly string[] = []): string {
  if (paths.length === 0) return "";
  const shown = paths.slice(0, examplesShown).map(printable);
  return `: ${[...shown, ...(count > shown.length ? ["…"] : [])].join(", ")}`;
}

function formatFailures({ filesFailed, failures }: Pick<IndexSummary, "filesFailed" | "failures">): string[] {
  if (filesFailed === 0) return [];
  const more = filesFailed - failuresShown;
  return [
    `Failed ${counted(filesFailed, "file")}; the next run tries again`,
    ...failures.slice(0, failuresShown).map(({ path, message }) => `  ${printable(path)}: ${printable(message)}`),
    ...(more > 0 ? [`  … ${formatCount(more)} more; \`resona stats --json\` names up to 100`] : []),
  ];
}

/** Two lines: what went wrong, and what to do about it. */
export function formatFailure(failure: Failure, paint: Paint): string {
  const label = paint("error", `error[${failure.code}]:`);
  return `${label} ${printable(failure.message)}\n${printable(failure.nextStep)}\n`;
}

/** One line that is no error. */
export function formatNote(message: string, paint: Paint): string {
  return `${paint("note", "note:")} ${printable(message)}\n`;
}
