export type { EmbedOptions, EmbeddingService, EmbeddingServiceOptions } from "./embedding-service.ts";
export { inspectModel, type ModelInspection } from "./embed/inspect-model.ts";
export type { CommitRun } from "./commit-index.ts";
export type { CountOptions, Engine, IndexOptions } from "./engine.ts";
export { type ErrorCode, ResonaError } from "./errors.ts";
export type { CommitHit, CommitSearchResult, CommitSummary } from "./model/commit-hit.ts";
export type {
  DatabaseDiagnostics,
  DiagnosisOptions,
  Finding,
  FindingCode,
  HealResult,
  Remedy,
  Severity,
} from "./model/finding.ts";
export type {
  FileFailure,
  IndexCoverage,
  IndexDescription,
  IndexStats,
  IndexSummary,
  LanguageCount,
  StorageStats,
} from "./model/index-summary.ts";
export type { DebugEvent, IndexEvent, NoticeEvent, ProgressEvent, RunEvent } from "./model/progress.ts";
export type {
  EmbedEvent,
  EmbedProgressEvent,
  EmbedSummary,
  Item,
  ItemFailedEvent,
  ItemFailure,
  ItemHit,
  ItemSearchResult,
  ItemStats,
} from "./model/item.ts";
export type {
  MaintenanceFailure,
  MaintenanceOptions,
  MaintenanceResult,
  MaintenanceStep,
} from "./model/maintenance.ts";
export type { ScoreExplanation, SearchHit, SearchResult } from "./model/search-hit.ts";
export { type SkipReason, skipReasons } from "./model/skip-reason.ts";
export { type EngineOptions, type OptionDescription, type OptionName, optionTable } from "./options/options.ts";
export { openEmbeddingService } from "./open-embedding-service.ts";
export { isRepositoryUrl } from "./git/repository-url.ts";
export { openRepository, type RepositoryOptions, type RepositoryWorkspace } from "./open-repository.ts";
export { loadNativeLibrary, openEngine } from "./open-engine.ts";
export { checkQuery } from "./search/check-query.ts";
export type { ItemSearchOptions } from "./search/search-items.ts";
export type { SearchOptions } from "./search/search-workspace.ts";
export type { IndexedEvent, IndexFailedEvent, WatchEvent, WatchingEvent } from "./watch/watch-event.ts";
export type { WatchOptions } from "./watch/watch-workspace.ts";
