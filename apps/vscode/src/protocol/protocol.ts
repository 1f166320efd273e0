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
import { NotificationType, NotificationType0, ProgressType, RequestType, RequestType0 } from "vscode-jsonrpc/node";

import type { EngineErrorData } from "./engine-error.ts";

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

export interface CountParams extends CallParams {
  readonly options: Sendable<CountOptions>;
}

export interface IndexParams extends CallParams {
  readonly options: Sendable<IndexOptions>;
}

export interface SearchParams extends CallParams {
  readonly query: string;
  readonly options: Sendable<SearchOptions>;
}

export interface SearchCommitsParams extends CallParams {
  readonly query: string;
  readonly options: Sendable<ItemSearchOptions>;
}

export interface DiagnosticsParams extends CallParams {
  readonly options: Sendable<DiagnosisOptions>;
}

export interface MaintainParams extends CallParams {
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

export const initializeRequest: RequestType<InitializeParams, InitializeResult, EngineErrorData> = new RequestType(
  "resona/initialize",
);
export const countFilesRequest: RequestType<CountParams, number, EngineErrorData> = new RequestType(
  "resona/countFiles",
);
export const indexRequest: RequestType<IndexParams, IndexSummary, EngineErrorData> = new RequestType("resona/index");
export const indexCommitsRequest: RequestType<CallParams, CommitSummary, EngineErrorData> = new RequestType(
  "resona/indexCommits",
);
export const searchRequest: RequestType<SearchParams, SearchResult, EngineErrorData> = new RequestType("resona/search");
export const searchCommitsRequest: RequestType<SearchCommitsParams, CommitSearchResult, EngineErrorData> =
  new RequestType("resona/searchCommits");
export const statsRequest: RequestType<CallParams, IndexStats, EngineErrorData> = new RequestType("resona/stats");
export const diagnosticsRequest: RequestType<DiagnosticsParams, DatabaseDiagnostics, EngineErrorData> = new RequestType(
  "resona/diagnostics",
);
export const maintainRequest: RequestType<MaintainParams, MaintenanceResult, EngineErrorData> = new RequestType(
  "resona/maintain",
);
export const healRequest: RequestType<CallParams, HealResult, EngineErrorData> = new RequestType("resona/heal");
/** Ends what is under way as an interruption does, and closes the engine. The answer is the last one. */
export const shutdownRequest: RequestType0<null, EngineErrorData> = new RequestType0("resona/shutdown");

/** At most ten progress events a second are sent of a call, the last one always; everything else is sent at once. */
export const indexProgress: ProgressType<IndexEvent> = new ProgressType();
export const commitProgress: ProgressType<EmbedEvent> = new ProgressType();
export const maintenanceProgress: ProgressType<MaintenanceProgress> = new ProgressType();
export const diagnosisProgress: ProgressType<DiagnosisProgress> = new ProgressType();

/** Ends the process after a shutdown. */
export const exitNotification: NotificationType0 = new NotificationType0("resona/exit");
export const activityNotification: NotificationType<Activity> = new NotificationType("resona/activity");
/** Sent every two seconds while calls are under way, and once after them. */
export const memoryNotification: NotificationType<MemorySample> = new NotificationType("resona/memory");
export const logNotification: NotificationType<LogEntry> = new NotificationType("resona/log");
