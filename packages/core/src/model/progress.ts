/** What a long run reports; terminals, editors and `--json` lines all consume this stream. */
export type IndexEvent = ProgressEvent | RunEvent;

/** What every kind of run reports beside its progress. */
export type RunEvent = NoticeEvent | DebugEvent;

export interface ProgressEvent {
  readonly type: "progress";
  /** `history`: the files are done, and the commits are read; see `Engine.indexCommits`. */
  readonly stage: "checking" | "indexing" | "optimizing" | "history";
  /** Files found unchanged, or read, chunked and embedded so far. */
  readonly filesDone: number;
  /** All files, once it is known. */
  readonly filesTotal?: number;
  /** Estimate of the time until all files are done, once there is one; too long where many of them are unchanged. */
  readonly secondsLeft?: number;
  /** Files whose text was read, chunked and embedded so far. */
  readonly filesIndexed: number;
  readonly chunksIndexed: number;
  /** Commits of indexed files that were read so far, and how many of them embedded; in the stage `history` only. */
  readonly commitsRead?: number;
  readonly commitsEmbedded?: number;
  /** Bytes of the files read so far, and per second since the start. */
  readonly bytesRead: number;
  readonly bytesPerSecond: number;
  /** Resident memory of this process in bytes. */
  readonly rssBytes: number;
}

/** Something the user should know that is no error: a rebuild and why, a stale lock taken over. */
export interface NoticeEvent {
  readonly type: "notice";
  readonly code: string;
  readonly message: string;
}

/** What someone who looks for a fault wants to know; front ends show it when `RESONA_DEBUG` is 1. */
export interface DebugEvent {
  readonly type: "debug";
  readonly message: string;
}
