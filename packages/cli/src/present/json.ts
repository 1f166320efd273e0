import type {
  FileFailure,
  IndexStats,
  IndexSummary,
  ModelInspection,
  ResonaError,
  SearchHit,
  SearchResult,
} from "@resona/core";

import type { Failure } from "../failure.ts";

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
  return print({ command: "index", workspace: place.workspace, indexPath: place.indexPath, ...summaryFields(summary) });
}

export function searchDocument(result: SearchResult, refresh: Refresh, workspace: string): string {
  return print({
    command: "search",
    workspace,
    query: result.query,
    hits: result.hits.map(hitFields),
    indexComplete: result.indexComplete,
    durationMs: result.durationMs,
    refresh: refreshFields(refresh),
  });
}

export function statsDocument(stats: IndexStats): string {
  return print({
    command: "stats",
    workspace: stats.workspace,
    indexPath: stats.indexPath,
    modelId: stats.modelId,
    modelName: stats.modelName ?? null,
    modelPath: stats.modelPath ?? null,
    dimension: stats.dimension,
    schemaVersion: stats.schemaVersion,
    files: stats.files,
    chunks: stats.chunks,
    skipped: stats.skipped,
    filesFailed: stats.filesFailed,
    failures: stats.failures.map(fileFailureFields),
    languages: stats.languages.map(({ language, files, chunks }) => ({ language, files, chunks })),
    versions: stats.versions,
    fragments: stats.fragments,
    unindexedRows: stats.unindexedRows,
    diskBytes: stats.diskBytes,
    lastIndexedAt: stats.lastIndexedAt ?? null,
  });
}

export function modelDocument(model: ModelInspection, path: string): string {
  const { tokenizer, problem } = model;
  return print({
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
  return print({ error: failureFields(failure) });
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
    truncatedChunks: summary.truncatedChunks,
    maxTokens: summary.maxTokens ?? null,
    skipped: summary.skipped,
    filesFailed: summary.filesFailed,
    failures: summary.failures.map(fileFailureFields),
    bytesRead: summary.bytesRead,
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
    snippet: hit.snippet,
    ...(hit.explanation === undefined
      ? {}
      : { explanation: { features: hit.explanation.features, pathFactor: hit.explanation.pathFactor } }),
  };
}

function fileFailureFields({ path, message }: FileFailure): object {
  return { path, message };
}

function failureFields({ code, message, nextStep }: Failure): object {
  return { code, message, nextStep };
}

function print(fields: object): string {
  return `${JSON.stringify({ schema, ...fields }, undefined, 2)}\n`;
}
