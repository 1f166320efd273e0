/**
 * What the extension and the engine's process say to each other: requests with their answers, and notifications. Plain
 * data only, so that it can be sent; callbacks of the engine's interface become progress, its signals cancellation.
 */
import type {
  CommitSearchResult,
  CommitSummary,
  CountOptions,
  DatabaseDiagnostics,
  DiagnosisOptions,
  EmbedEvent,
  EngineOptions,
  HealResult,
  IndexEvent,
  IndexOptions,
  IndexStats,
  IndexSummary,
  ItemSearchOptions,
  MaintenanceOptions,
  MaintenanceResult,
  MaintenanceStep,
  SearchOptions,
  SearchResult,
} from "@resona/core";

/** What can be sent of a call's options. */
type Sendable<O> = Omit<O, "signal" | "onEvent" | "onProgress">;

/** Parameters of a call of the engine. */
export interface CallParams {
  /** Under which its progress is sent; nothing is sent without. */
  readonly progress?: number | undefined;
}

/** The first request of all; the engine is opened by it. */
export interface InitializeParams extends CallParams {
  /** Absolute. */
  readonly workspace: string;
  readonly options: EngineOptions;
}

export interface InitializeResult {
  /** Absolute. */
  readonly indexPath: string;
}

interface CountParams extends CallParams {
  readonly options: Sendable<CountOptions>;
}

interface IndexParams extends CallParams {
  readonly options: Sendable<IndexOptions>;
}

interface SearchParams extends CallParams {
  readonly query: string;
  readonly options: Sendable<SearchOptions>;
}

interface SearchCommitsParams extends CallParams {
  readonly query: string;
  readonly options: Sendable<ItemSearchOptions>;
}

interface DiagnosticsParams extends CallParams {
  readonly options: Sendable<DiagnosisOptions>;
}

interface MaintainParams extends CallParams {
  readonly options: Sendable<MaintenanceOptions>;
}

export interface MaintenanceProgress {
  readonly type: "maintenance-step";
  readonly step: MaintenanceStep;
  readonly details?: string | undefined;
}

export type DiagnosisProgress = Parameters<NonNullable<DiagnosisOptions["onProgress"]>>[0];

/** What writes the index; there is one of these at a time. */
export type RunKind = "index" | "indexCommits" | "maintain" | "heal";

/** What the engine is writing, and what waits for that. */
export interface Activity {
  readonly running?: RunKind | undefined;
  readonly waiting: readonly RunKind[];
}

/** Memory of the engine's process, in bytes. */
export interface MemorySample {
  /** All of it, resident. */
  readonly rss: number;
  /** Of JavaScript objects, which the setting limits. */
  readonly heapUsed: number;
}

export interface LogEntry {
  readonly level: "error" | "warn" | "info" | "debug";
  readonly message: string;
}

/** Numbers of errors: one whose data say what went wrong, and the answer to a call that was cancelled. */
export const FAILED = 1;
export const CANCELLED = -32_800;

/** The calls of the engine: what each is sent, what it answers and what it reports meanwhile. */
export interface Calls {
  readonly initialize: Call<InitializeParams, InitializeResult>;
  readonly countFiles: Call<CountParams, number>;
  readonly index: Call<IndexParams, IndexSummary, IndexEvent>;
  readonly indexCommits: Call<CallParams, CommitSummary, EmbedEvent>;
  readonly search: Call<SearchParams, SearchResult>;
  readonly searchCommits: Call<SearchCommitsParams, CommitSearchResult>;
  readonly stats: Call<CallParams, IndexStats>;
  readonly diagnostics: Call<DiagnosticsParams, DatabaseDiagnostics, DiagnosisProgress>;
  readonly maintain: Call<MaintainParams, MaintenanceResult, MaintenanceProgress>;
  readonly heal: Call<CallParams, HealResult>;
}

/** At most ten progress events a second are sent of a call, the last one always; everything else is sent at once. */
interface Call<P extends CallParams, R, E = never> {
  readonly params: P;
  readonly result: R;
  readonly event: E;
}

/** What the engine says by itself. */
export interface Notices {
  readonly activity: Activity;
  /** Sent every two seconds while calls are under way, and once after them. */
  readonly memory: MemorySample;
  readonly log: LogEntry;
}

/**
 * Names on the wire. `shutdown` ends what is under way as an interruption does, and closes the engine; its answer is the
 * last one. `exit` ends the process after that.
 */
export function methodOf(name: keyof Calls | keyof Notices | "shutdown" | "exit"): string {
  return `resona/${name}`;
}
