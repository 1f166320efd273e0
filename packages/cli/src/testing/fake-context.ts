import { Readable, Writable } from "node:stream";

import type {
  CommitSearchResult,
  CommitSummary,
  DatabaseDiagnostics,
  DiagnosisOptions,
  Engine,
  HealResult,
  IndexStats,
  IndexSummary,
  MaintenanceOptions,
  MaintenanceResult,
  SearchHit,
  SearchResult,
  WatchOptions,
} from "@resona/core";

import type { CliContext } from "../context.ts";

// Colours are told from the stream; a test run may be forced to have them everywhere.
delete process.env["FORCE_COLOR"];

/** A stream that keeps what was written; `isTTY` and `columns` make it look like a terminal. */
export class TextSink extends Writable {
  text = "";
  readonly isTTY: boolean;
  readonly columns: number | undefined;

  constructor(terminal?: { readonly columns: number }) {
    super();
    this.isTTY = terminal !== undefined;
    this.columns = terminal?.columns;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString("utf8");
    done();
  }
}

export const summary: IndexSummary = {
  status: "completed",
  filesFound: 3,
  filesUnchanged: 1,
  filesIndexed: 2,
  filesRemoved: 0,
  filesInIndex: 3,
  chunksWritten: 5,
  reusedEmbeddings: 0,
  batchesProcessed: 1,
  collectionCount: 7,
  truncatedChunks: 0,
  oversizedChunks: 0,
  skipped: {},
  filesFailed: 0,
  failures: [],
  bytesRead: 1_500,
  durationMs: 420,
  peakRssBytes: 123_000_000,
};

export const hit: SearchHit = {
  path: "src/retry.ts",
  startLine: 9,
  endLine: 11,
  language: "typescript",
  symbols: ["retryUpload"],
  snippet: "export function retryUpload() {\n\treturn 1;\n}",
  score: 0.87312,
};

export const stats: IndexStats = {
  indexPath: "/w/.resona",
  workspace: "/w",
  modelId: "tiny",
  dimension: 256,
  schemaVersion: 1,
  files: 1_200,
  chunks: 8_000,
  oversizedChunks: 0,
  skipped: { binary: 2 },
  skippedPaths: { binary: ["a.bin", "b.bin"] },
  filesFailed: 0,
  failures: [],
  languages: [
    { language: "go", files: 1, chunks: 20 },
    { language: "typescript", files: 1_199, chunks: 7_980 },
  ],
  versions: 3,
  fragments: 1,
  unindexedRows: 0,
  indexes: [
    { column: "terms", indexedRows: 8_000, unindexedRows: 0, bytes: 900_000 },
    { column: "vector", indexedRows: 6_000, unindexedRows: 2_000, bytes: 600_000 },
  ],
  diskBytes: 12_345_678,
};

export const diagnostics: DatabaseDiagnostics = {
  totalRows: 8_000,
  version: 17,
  index: { numIndexedRows: 6_000, numUnindexedRows: 2_000, stalePercent: 25, needsRebuild: true },
  reclaimableBytes: 2_345_678,
  findings: [],
};

export const maintenance: MaintenanceResult = {
  compaction: { fragmentsRemoved: 12, filesCreated: 1 },
  indexRebuilt: true,
  indexStats: { numIndexedRows: 8_000, numUnindexedRows: 0 },
  cleanup: { bytesRemoved: 2_345_678, versionsRemoved: 16 },
  durationMs: 1_234,
  stepMs: { sweep: 1, compaction: 500, index: 700, cleanup: 33 },
  failures: [],
  notes: [],
  interrupted: false,
};

/** An engine that answers what it is told to and remembers what it was asked. */
export class FakeEngine implements Engine {
  readonly workspace = "/w";
  readonly indexPath = "/w/.resona";
  readonly calls: string[] = [];
  searchOptions: Parameters<Engine["search"]>[1];
  indexOptions: Parameters<Engine["index"]>[0];
  indexes: (options: NonNullable<Parameters<Engine["index"]>[0]>) => IndexSummary = () => summary;
  finds: () => readonly SearchHit[] = () => [hit];
  measures: () => IndexStats = () => stats;
  diagnoses: (options: DiagnosisOptions) => DatabaseDiagnostics = () => diagnostics;
  maintenanceOptions: MaintenanceOptions | undefined;
  maintains: (options: MaintenanceOptions) => MaintenanceResult = () => maintenance;
  heals: () => HealResult = () => ({ tables: [] });
  watches: (options: WatchOptions) => Promise<void> = () => Promise.resolve();

  async countFiles(): Promise<number> {
    this.calls.push("count files");
    return 0;
  }

  async index(options: NonNullable<Parameters<Engine["index"]>[0]> = {}): Promise<IndexSummary> {
    this.calls.push(options.rebuild === true ? "rebuild" : "index");
    this.indexOptions = options;
    return this.indexes(options);
  }

  async indexCommits(): Promise<CommitSummary> {
    this.calls.push("index commits");
    return { status: "no-history", reason: "no repository" };
  }

  async searchCommits(query: string): Promise<CommitSearchResult> {
    this.calls.push(`search commits ${query}`);
    return { query, hits: [], durationMs: 7 };
  }

  async watch(options: WatchOptions): Promise<void> {
    this.calls.push("watch");
    return this.watches(options);
  }

  async search(query: string, options?: Parameters<Engine["search"]>[1]): Promise<SearchResult> {
    this.calls.push(`search ${query}`);
    this.searchOptions = options;
    return { query, hits: this.finds(), indexComplete: true, durationMs: 7 };
  }

  async stats(): Promise<IndexStats> {
    this.calls.push("stats");
    return this.measures();
  }

  async maintain(options: MaintenanceOptions = {}): Promise<MaintenanceResult> {
    this.calls.push("maintain");
    this.maintenanceOptions = options;
    return this.maintains(options);
  }

  async getDiagnostics(options: DiagnosisOptions = {}): Promise<DatabaseDiagnostics> {
    this.calls.push(options.deep === true ? "diagnose deeply" : "diagnose");
    return this.diagnoses(options);
  }

  async heal(): Promise<HealResult> {
    this.calls.push("heal");
    return this.heals();
  }

  async close(): Promise<void> {
    this.calls.push("close");
  }
}

export interface FakeContext extends CliContext {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly opened: object[];
}

/** A context around a fake engine; `opened` holds the options of every engine that was opened. */
export function fakeContext(engine: Engine, changes: Partial<CliContext> = {}): FakeContext {
  const opened: object[] = [];
  return {
    stdin: Readable.from([]),
    stdout: new TextSink(),
    stderr: new TextSink(),
    cwd: process.cwd(),
    env: {},
    signal: new AbortController().signal,
    openRepository: () => Promise.reject(new Error("No repository was expected.")),
    openEmbeddingService: () => Promise.reject(new Error("No embedding service was expected.")),
    openEngine: async (options) => {
      opened.push(options);
      return engine;
    },
    ...changes,
    opened,
  } as FakeContext;
}
