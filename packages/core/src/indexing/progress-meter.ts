import { type FileFailure, MAX_FAILURES_LISTED } from "../model/index-summary.ts";
import type { IndexEvent, ProgressEvent } from "../model/progress.ts";
import type { PreparedFile } from "./prepare-file.ts";

/** What a run has done so far. */
export interface RunCounts {
  readonly filesFound: number;
  readonly filesUnchanged: number;
  readonly filesIndexed: number;
  readonly filesRemoved: number;
  readonly chunksWritten: number;
  readonly bytesRead: number;
  readonly filesFailed: number;
  readonly failures: readonly FileFailure[];
}

const MS_PER_MEMORY_SAMPLE = 100;
/** Sooner an estimate says more about the first file than about the others. */
const MS_BEFORE_ESTIMATE = 5_000;

/** Counts what a run does and reports it; reports are cheap and frequent, front ends draw as often as they like. */
export class ProgressMeter {
  readonly #report: (event: IndexEvent) => void;
  #filesExpected: number | undefined;
  readonly #startedAt = performance.now();
  #filesFound = 0;
  #foundAll = false;
  /** Found and not changed, or read, chunked and embedded. */
  #filesDone = 0;
  /** Of these, the ones that took time. */
  #filesPrepared = 0;
  #filesUnchanged = 0;
  #filesIndexed = 0;
  #filesRemoved = 0;
  #chunksWritten = 0;
  #bytesRead = 0;
  readonly #failures: FileFailure[] = [];
  #filesFailed = 0;
  #rssBytes = 0;
  #rssMeasuredAt = -Infinity;

  /** @param filesKnown how many files the index has; none says nothing of how many the run will find. */
  constructor(report: (event: IndexEvent) => void, filesKnown: number) {
    this.#report = report;
    this.#filesExpected = filesKnown === 0 ? undefined : filesKnown;
  }

  /** @param files how many files the run will find. */
  expect(files: number): void {
    this.#filesExpected = files;
  }

  found(unchanged: boolean): void {
    this.#filesFound++;
    if (unchanged) {
      this.#filesUnchanged++;
      this.#filesDone++;
    }
    // Unchanged files pass by the thousand in a moment.
    if (!unchanged || this.#filesFound % 256 === 0) this.report(unchanged ? "checking" : "indexing");
  }

  /** A file that was found is gone. */
  vanished(): void {
    this.#filesFound--;
  }

  /** How much of the run is done, 0 to 1; undefined while nobody knows how many files there are. */
  shareDone(): number | undefined {
    const total = this.#filesTotal();
    return total === undefined ? undefined : this.#filesDone / Math.max(1, total);
  }

  /** No more files are found. */
  foundAll(): void {
    this.#foundAll = true;
  }

  prepared({ record, chunks, bytesRead, failure }: PreparedFile): void {
    this.#filesDone++;
    this.#filesPrepared++;
    this.#bytesRead += bytesRead;
    if (failure !== undefined) this.#failed({ path: record.path, message: failure });
    else if (chunks === undefined) this.#filesUnchanged++;
    else if (record.outcome.kind === "indexed") this.#filesIndexed++;
    this.report("indexing");
  }

  #failed(failure: FileFailure): void {
    this.#filesFailed++;
    if (this.#failures.length < MAX_FAILURES_LISTED) this.#failures.push(failure);
  }

  committed(chunks: number, removed: number): void {
    this.#chunksWritten += chunks;
    this.#filesRemoved += removed;
    this.report("indexing");
  }

  report(stage: ProgressEvent["stage"]): void {
    const seconds = (performance.now() - this.#startedAt) / 1000;
    const filesTotal = this.#filesTotal();
    const secondsLeft = stage === "indexing" ? this.#secondsLeft(seconds, filesTotal) : undefined;
    this.#report({
      type: "progress",
      stage,
      filesDone: this.#filesDone,
      ...(filesTotal === undefined ? {} : { filesTotal }),
      ...(secondsLeft === undefined ? {} : { secondsLeft }),
      filesIndexed: this.#filesIndexed,
      chunksIndexed: this.#chunksWritten,
      bytesRead: this.#bytesRead,
      bytesPerSecond: this.#bytesRead / Math.max(seconds, 0.001),
      rssBytes: this.#residentMemory(),
    });
  }

  #filesTotal(): number | undefined {
    if (this.#foundAll) return this.#filesFound;
    // Files may have appeared since they were counted.
    return this.#filesExpected === undefined ? undefined : Math.max(this.#filesExpected, this.#filesFound);
  }

  /** As if all files not done yet took as long as those that were: too long where many of them are unchanged. */
  #secondsLeft(seconds: number, filesTotal: number | undefined): number | undefined {
    if (filesTotal === undefined || this.#filesPrepared === 0 || seconds * 1000 < MS_BEFORE_ESTIMATE) return undefined;
    return (seconds / this.#filesPrepared) * (filesTotal - this.#filesDone);
  }

  /** Asking the system takes longer than everything else in a report. */
  #residentMemory(): number {
    const now = performance.now();
    if (now - this.#rssMeasuredAt >= MS_PER_MEMORY_SAMPLE) {
      this.#rssBytes = process.memoryUsage.rss();
      this.#rssMeasuredAt = now;
    }
    return this.#rssBytes;
  }

  counts(): RunCounts {
    return {
      filesFound: this.#filesFound,
      filesUnchanged: this.#filesUnchanged,
      filesIndexed: this.#filesIndexed,
      filesRemoved: this.#filesRemoved,
      chunksWritten: this.#chunksWritten,
      bytesRead: this.#bytesRead,
      filesFailed: this.#filesFailed,
      failures: this.#failures,
    };
  }
}
