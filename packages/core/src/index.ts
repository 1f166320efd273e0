export type { Engine, IndexOptions } from "./engine.ts";
export { type ErrorCode, ResonaError } from "./errors.ts";
export type { FileFailure, IndexStats, IndexSummary, LanguageCount } from "./model/index-summary.ts";
export type { IndexEvent, NoticeEvent, ProgressEvent } from "./model/progress.ts";
export type { ScoreExplanation, SearchHit, SearchResult } from "./model/search-hit.ts";
export { type SkipReason, skipReasons } from "./model/skip-reason.ts";
export { type EngineOptions, type OptionDescription, type OptionName, optionTable } from "./options/options.ts";
export { openEngine } from "./open-engine.ts";
export type { SearchOptions } from "./search/search-workspace.ts";
