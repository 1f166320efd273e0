/** One ranked answer: a file with the lines that answer best. */
export interface SearchHit {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
  readonly language: string;
  /** Names defined in the shown lines. */
  readonly symbols: readonly string[];
  /** The lines themselves. */
  readonly snippet: string;
  /** Comparable within one result list only. */
  readonly score: number;
  /** The commit that gave the file its committed content, in hexadecimal; absent where the history was not read. */
  readonly lastCommit?: string;
  /** The terms of the score before the path factor, by name, each already weighted; only when asked for. */
  readonly explanation?: ScoreExplanation;
}

export interface ScoreExplanation {
  readonly features: Readonly<Record<string, number>>;
  /** Multiplies the sum of the features: below 1 for tests, generated and example paths. */
  readonly pathFactor: number;
}

export interface SearchResult {
  readonly query: string;
  readonly hits: readonly SearchHit[];
  /** False while the index has never been completed: there may be better answers in files not indexed yet. */
  readonly indexComplete: boolean;
  /** Wall time of the search in milliseconds, without opening the index. */
  readonly durationMs: number;
}
