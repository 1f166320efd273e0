import type {
  DatabaseDiagnostics,
  FileFailure,
  IndexDescription,
  IndexStats,
  IndexSummary,
  ModelInspection,
  ResonaError,
  SearchHit,
  SearchResult,
  StorageStats,
} from "@resona/core";

import type { Failure } from "../failure.ts";
import { findingFields } from "./health.ts";

/**
 * The documents printed under `--json`, each described in the README. Fields are named one by one, so that what the
 * engine adds does not become part of the contract unseen. `schema` grows when a field changes its meaning or goes.
 */
const schema = 1;

/** How the index was brought up to date before a search: not at all, by a run, or in vain. */
export type Refresh =
  | { readonly kind: "not-asked" }
  | { readonly kind: "done"; readonly summary: IndexSummary }
  | { readonly kind: "failed"; readonly error: ResonaError };

export function indexDocument(summary: IndexSummary, place: { workspace: string; indexPath: string }): string {
  return printDocument({
    command: "index",
    workspace: place.workspace,
    indexPath: place.indexPath,
    ...summaryFields(summary),
  });
}

export function searchDocument(result: SearchResult, refresh: Refresh, workspace: string): string {
  return printDocument({
    command: "search",
    workspace,
    query: result.query,
    hits: result.hits.map(hitFields),
    indexComplete: result.indexComplete,
    durationMs: result.durationMs,
    refresh: refreshFields(refresh),
  });
}

export function statsDocument(stats: IndexStats, diagnostics: Measured): string {
  return printDocument({
    command: "stats",
    workspace: stats.workspace,
    ...indexFields(stats),
    files: stats.files,
    chunks: stats.chunks,
    skipped: stats.skipped,
    skippedPaths: stats.skippedPaths,
    filesFailed: stats.filesFailed,
    failures: stats.failures.map(fileFailureFields),
    languages: stats.languages.map(({ language, files, chunks }) => ({ language, files, chunks })),
    commits: stats.commits ?? null,
    ...storageFields(stats, diagnostics),
  });
}

/** What an index of either kind is. */
export function indexFields(index: IndexDescription): object {
  return {
    indexPath: index.indexPath,
    modelId: index.modelId,
    modelName: index.modelName ?? null,
    modelPath: index.modelPath ?? null,
    dimension: index.dimension,
    schemaVersion: index.schemaVersion,
  };
}

type Measured = Pick<DatabaseDiagnostics, "reclaimableBytes" | "findings">;

/** How the tables of an index of either kind are. */
export function storageFields(
  stats: StorageStats & Pick<IndexDescription, "lastIndexedAt">,
  { reclaimableBytes, findings }: Measured,
): object {
  return {
    versions: stats.versions,
    fragments: stats.fragments,
    oversizedChunks: stats.oversizedChunks,
    unindexedRows: stats.unindexedRows,
    indexes: stats.indexes.map(({ column, indexedRows, unindexedRows, bytes }) => ({
      column,
      indexedRows,
      unindexedRows,
      bytes,
    })),
    diskBytes: stats.diskBytes,
    reclaimableBytes: reclaimableBytes ?? null,
    lastIndexedAt: stats.lastIndexedAt ?? null,
    findings: findings.map(findingFields),
  };
}

export function modelDocument(model: ModelInspection, path: string): string {
  const { tokenizer, problem } = model;
  return printDocument({
    command: "model inspect",
    path,
    name: model.name,
    architecture: model.architecture ?? null,
    version: model.version,
    fileBytes: model.fileBytes,
    parameters: model.parameters,
    embeddingLength: model.embeddingLength ?? null,
    contextLength: model.contextLength ?? null,
    blockCount: model.blockCount ?? null,
    headCount: model.headCount ?? null,
    feedForwardLength: model.feedForwardLength ?? null,
    tokenizer:
      tokenizer === undefined
        ? null
        : { model: tokenizer.model, pre: tokenizer.pre ?? null, tokens: tokenizer.tokens ?? null },
    pooling: model.pooling ?? null,
    tensors: model.tensors.map(({ format, tensors, bytes }) => ({ format, tensors, bytes: bytes ?? null })),
    memoryBytes: model.memoryBytes ?? null,
    supported: model.supported,
    problem: problem === undefined ? null : failureFields(problem),
  });
}

export function errorDocument(failure: Failure): string {
  return printDocument({ error: failureFields(failure) });
}

function refreshFields(refresh: Refresh): object | null {
  switch (refresh.kind) {
    case "not-asked":
      return null;
    case "done":
      return summaryFields(refresh.summary);
    case "failed":
      return { error: failureFields(refresh.error) };
  }
}

function summaryFields(summary: IndexSummary): object {
  return {
    status: summary.status,
    filesFound: summary.filesFound,
    filesUnchanged: summary.filesUnchanged,
    filesIndexed: summary.filesIndexed,
    filesRemoved: summary.filesRemoved,
    filesInIndex: summary.filesInIndex,
    chunksWritten: summary.chunksWritten,
    reusedEmbeddings: summary.reusedEmbeddings,
    batchesProcessed: summary.batchesProcessed,
    collectionCount: summary.collectionCount,
    truncatedChunks: summary.truncatedChunks,
    oversizedChunks: summary.oversizedChunks,
    maxTokens: summary.maxTokens ?? null,
    skipped: summary.skipped,
    filesFailed: summary.filesFailed,
    failures: summary.failures.map(fileFailureFields),
    bytesRead: summary.bytesRead,
    commitsIndexed: summary.commitsIndexed ?? null,
    durationMs: summary.durationMs,
    peakRssBytes: summary.peakRssBytes,
  };
}

function hitFields(hit: SearchHit): object {
  return {
    path: hit.path,
    startLine: hit.startLine,
    endLine: hit.endLine,
    language: hit.language,
    symbols: hit.symbols,
    score: hit.score,
    lastCommit: hit.lastCommit ?? null,
    snippet: hit.snippet,
    ...(hit.explanation === undefined
      ? {}
      : { explanation: { features: hit.explanation.features, pathFactor: hit.explanation.pathFactor } }),
  };
}

export function fileFailureFields({ path, message }: FileFailure): object {
  return { path, message };
}

export function failureFields({ code, message, nextStep }: Failure): object {
  return { code, message, nextStep };
}

/** One document; `schema` is the version of all of them. */
export function printDocument(fields: object): string {
  return `${JSON.stringify({ schema, ...fields }, undefined, 2)}\n`;
}

/** A document in a line of its own, for a command that prints one after the other. */
export function printLine(fields: object): string {
  return `${JSON.stringify({ schema, ...fields })}\n`;
}
