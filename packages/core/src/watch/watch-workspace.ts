import { ResonaError } from "../errors.ts";
import type { IndexSummary } from "../model/index-summary.ts";
import type { IndexEvent, RunEvent } from "../model/progress.ts";
import { ChangeWatch, type ChangeTiming } from "./change-watch.ts";
import { isFolder } from "./exists.ts";
import type { WatchEvent } from "./watch-event.ts";

export interface WatchOptions {
  /** Aborting ends the watching: at once, or after what a run has embedded is committed. */
  readonly signal: AbortSignal;
  readonly onEvent?: (event: WatchEvent) => void;
}

/** What watching needs of the engine. */
export interface WatchedIndex {
  /** Absolute, with links resolved. */
  readonly workspace: string;
  /** Absolute. */
  readonly indexPath: string;
  /** Globs of what no change is told of. */
  readonly exclude?: readonly string[];
  /** Brings the index up to date; throws as `Engine.index` does. */
  readonly index: (run: {
    readonly ifOutdated: "rebuild" | "refuse";
    /** Whether to do what maintenance is due, which takes many times longer than a file that was saved. */
    readonly maintain: boolean;
    readonly signal: AbortSignal;
    readonly onEvent: (event: IndexEvent) => void;
  }) => Promise<IndexSummary>;
  /** Does what maintenance is due; throws as `Engine.maintain` does. */
  readonly maintain: (run: {
    readonly signal: AbortSignal;
    readonly onEvent: (event: RunEvent) => void;
  }) => Promise<void>;
}

/** In milliseconds, except for counts. */
export interface WatchTiming extends ChangeTiming {
  /** Between looks for a workspace that is gone. */
  readonly goneMs: number;
  /** Before the lock of another process is tried again for the first time; every time twice as long, up to the last. */
  readonly lockMs: { readonly first: number; readonly last: number };
  /** After this time of waiting for the lock it is said. */
  readonly lockSaidMs: number;
  /** What maintenance is due waits for a pause of this length, … */
  readonly idleMs: number;
  /** … or until so many runs have written something: each adds a fragment, which makes searches a little slower. */
  readonly maxUnmaintainedRuns: number;
}

const defaultTiming: WatchTiming = {
  quietMs: 100,
  maxWaitMs: 2_000,
  maxGitWaitMs: 10_000,
  reconcileMs: 600_000,
  pollMs: 30_000,
  goneMs: 1_000,
  lockMs: { first: 250, last: 5_000 },
  lockSaidMs: 2_000,
  idleMs: 30_000,
  maxUnmaintainedRuns: 64,
};

const lockCodes: ReadonlySet<string> = new Set(["INDEX_LOCKED", "LOCK_LOST"]);

/**
 * Brings the index of a workspace up to date and keeps it so, until it is told to stop. Every run compares the whole
 * workspace, so an event need not say what has changed, only that something has: whatever happens while nothing is
 * watched, or is lost, the next run finds. The first run decides whether there is anything to watch for; later ones
 * may fail.
 *
 * @throws what the first run throws, except for the lock of another process, which is waited for.
 */
export async function watchWorkspace(
  index: WatchedIndex,
  options: WatchOptions,
  timing: WatchTiming = defaultTiming,
): Promise<void> {
  await new WorkspaceWatch(index, options, timing).run();
}

class WorkspaceWatch {
  readonly #index: WatchedIndex;
  readonly #signal: AbortSignal;
  readonly #onEvent: (event: WatchEvent) => void;
  readonly #timing: WatchTiming;
  readonly #changes: ChangeWatch;
  /** How the index is kept current, as it was told last; undefined before the first run is done. */
  #by: ChangeWatch["by"] | undefined;
  /** Of the last run. */
  #notices: ReadonlySet<string> = new Set();
  #filesFailed = 0;
  /** Runs that wrote something since what maintenance is due was done. */
  #runsToMaintain = 0;
  #idleSince = 0;
  #lastFailure: string | undefined;

  constructor(index: WatchedIndex, { signal, onEvent = () => undefined }: WatchOptions, timing: WatchTiming) {
    this.#index = index;
    this.#signal = signal;
    this.#onEvent = onEvent;
    this.#timing = timing;
    this.#changes = new ChangeWatch(index, timing, signal, (message) => this.#notice("WATCH_UNAVAILABLE", message));
  }

  async run(): Promise<void> {
    try {
      while (!this.#signal.aborted) {
        await this.#bringUpToDate();
        if (!this.#signal.aborted) this.#tellHow();
        while (!this.#signal.aborted && (await this.#changes.work(this.#maintainAt())) === "idle")
          await this.#maintain();
      }
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    } finally {
      await this.#changes.close();
    }
  }

  /** One run, as soon as the workspace is there and nobody else writes the index. */
  async #bringUpToDate(): Promise<void> {
    const startedAt = performance.now();
    let retryMs = this.#timing.lockMs.first;
    let isSaid = false;
    while (await this.#isThere()) {
      // Watched before it is compared, so that no change falls between.
      await this.#changes.renew();
      if (this.#signal.aborted) return;
      try {
        this.#indexed(await this.#runOnce());
        return;
      } catch (error) {
        if (this.#signal.aborted) return;
        if (isLocked(error)) {
          if (!isSaid && performance.now() - startedAt >= this.#timing.lockSaidMs) {
            this.#notice("LOCK_WAIT", `${error.message} Waiting until it is free.`);
            isSaid = true;
          }
          await this.#changes.sleep(retryMs);
          retryMs = Math.min(2 * retryMs, this.#timing.lockMs.last);
        } else if (await isFolder(this.#index.workspace)) {
          if (this.#by === undefined) throw error;
          this.#failed(error);
          return;
        }
      }
    }
  }

  async #runOnce(): Promise<IndexSummary> {
    // What a run leaves on its signal goes with the run.
    const run = new AbortController();
    const stop = () => {
      run.abort(this.#signal.reason);
    };
    this.#signal.addEventListener("abort", stop, { once: true });
    const before = this.#notices;
    const notices = new Set<string>();
    const onEvent = (event: IndexEvent) => {
      if (event.type === "notice") notices.add(event.message);
      // What is the matter with a workspace is news once, not with every file that is saved.
      if (event.type !== "notice" || !before.has(event.message)) this.#onEvent(event);
    };
    this.#notices = notices;
    try {
      // Two who watch with different models would otherwise build each other's index anew for ever.
      const isFirst = this.#by === undefined;
      const ifOutdated = isFirst ? "rebuild" : "refuse";
      const maintain = isFirst || this.#runsToMaintain >= this.#timing.maxUnmaintainedRuns;
      const summary = await this.#index.index({ ifOutdated, maintain, signal: run.signal, onEvent });
      if (maintain) this.#runsToMaintain = 0;
      else if (summary.batchesProcessed > 0) this.#runsToMaintain++;
      return summary;
    } finally {
      this.#signal.removeEventListener("abort", stop);
      this.#idleSince = performance.now();
    }
  }

  #maintainAt(): number {
    return this.#runsToMaintain === 0 ? Infinity : this.#idleSince + this.#timing.idleMs;
  }

  /** Makes good use of a pause; what fails is tried again in the next. */
  async #maintain(): Promise<void> {
    const stopping = () => this.#notice("FINISHING", "The index is being maintained; the step under way is finished.");
    this.#signal.addEventListener("abort", stopping, { once: true });
    try {
      await this.#index.maintain({ signal: this.#signal, onEvent: this.#onEvent });
      this.#runsToMaintain = 0;
    } catch (error) {
      if (!isLocked(error)) this.#failed(error);
    } finally {
      this.#signal.removeEventListener("abort", stopping);
      this.#idleSince = performance.now();
    }
  }

  /** Waits for a workspace that is gone, which a run would make again, empty; false if stopped meanwhile. */
  async #isThere(): Promise<boolean> {
    const { workspace } = this.#index;
    if (await isFolder(workspace)) return !this.#signal.aborted;
    this.#notice("WORKSPACE_GONE", `${workspace} is gone. Waiting until it is back.`);
    do await this.#changes.sleep(this.#timing.goneMs);
    while (!this.#signal.aborted && !(await isFolder(workspace)));
    if (this.#signal.aborted) return false;
    this.#notice("WORKSPACE_BACK", `${workspace} is back.`);
    this.#changes.doubt();
    return true;
  }

  #indexed(summary: IndexSummary): void {
    if (summary.status === "interrupted") return;
    const { filesIndexed, filesRemoved, filesFailed } = summary;
    const changed = filesIndexed > 0 || filesRemoved > 0 || filesFailed !== this.#filesFailed;
    this.#filesFailed = filesFailed;
    this.#lastFailure = undefined;
    this.#onEvent({ type: "indexed", summary, changed });
  }

  #failed(failure: unknown): void {
    const error = failure instanceof Error ? failure : new Error(String(failure));
    if (error.message === this.#lastFailure) return;
    this.#lastFailure = error.message;
    this.#onEvent({ type: "index-failed", error });
  }

  #tellHow(): void {
    const { by, intervalMs } = this.#changes;
    if (by === this.#by) return;
    this.#by = by;
    this.#onEvent({ type: "watching", by, intervalMs });
  }

  #notice(code: string, message: string): void {
    this.#onEvent({ type: "notice", code, message });
  }
}

function isLocked(error: unknown): error is ResonaError {
  return error instanceof ResonaError && lockCodes.has(error.code);
}
