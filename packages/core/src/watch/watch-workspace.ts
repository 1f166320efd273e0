import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";

import { ResonaError } from "../errors.ts";
import type { IndexSummary } from "../model/index-summary.ts";
import type { IndexEvent } from "../model/progress.ts";
import { ignoredChanges } from "./ignored-changes.ts";
import { type Burst, PendingChanges } from "./pending-changes.ts";
import { WakeUpCall } from "./wake-up-call.ts";
import type { WatchEvent } from "./watch-event.ts";
import { type FileWatch, watchFiles } from "./watch-files.ts";
import { explainWatchFailure } from "./watch-folder.ts";

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
  /** Brings the index up to date; throws as `Engine.index` does. */
  readonly index: (run: {
    readonly ifOutdated: "rebuild" | "refuse";
    readonly signal: AbortSignal;
    readonly onEvent: (event: IndexEvent) => void;
  }) => Promise<IndexSummary>;
}

/** Milliseconds. */
export interface WatchTiming {
  /** Changes are answered when none has come for this time, … */
  readonly quietMs: number;
  /** … or the first of them is this old, … */
  readonly maxWaitMs: number;
  /** … but while git is changing many files, not before this. */
  readonly maxGitWaitMs: number;
  /** The workspace is compared after this time in any case, for changes that nothing has told of. */
  readonly reconcileMs: number;
  /** The same where changes cannot be watched. */
  readonly pollMs: number;
  /** Between looks for a workspace that is gone. */
  readonly goneMs: number;
  /** Before the lock of another process is tried again for the first time; every time twice as long, up to the last. */
  readonly lockMs: { readonly first: number; readonly last: number };
  /** After this time of waiting for the lock it is said. */
  readonly lockSaidMs: number;
}

const defaultTiming: WatchTiming = {
  quietMs: 200,
  maxWaitMs: 2_000,
  maxGitWaitMs: 10_000,
  reconcileMs: 600_000,
  pollMs: 30_000,
  goneMs: 1_000,
  lockMs: { first: 250, last: 5_000 },
  lockSaidMs: 2_000,
};

/** How often the time of day is looked at: when it jumps, the system has slept, or moved to another host. */
const CLOCK_CHECK_MS = 30_000;
const CLOCK_JUMP_MS = 5_000;

/** More are forgotten. */
const MAX_IGNORED_PATHS = 1_000;

const lockCodes: ReadonlySet<string> = new Set(["INDEX_LOCKED", "LOCK_LOST"]);

/**
 * Brings the index of a workspace up to date and keeps it so, until it is told to stop. Every run compares the whole
 * workspace, so an event need not say what has changed, only that something has: whatever happens while nothing is
 * watched, or is lost, the next run finds. Only the first run decides whether there is anything to watch for; later
 * ones may fail.
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
  readonly #pending: PendingChanges;
  readonly #wakeUpCall = new WakeUpCall();
  #watch: FileWatch | undefined;
  /** Whether the watching has to begin anew: it has not begun, or may miss something. */
  #isStale = true;
  /** Why changes cannot be watched. */
  #trouble: string | undefined;
  #isReady = false;
  #reconcileAt = 0;
  #clockOffset = clockOffset();
  /** Paths that were found to be ignored; what writes a log does so all day. */
  readonly #ignored = new Set<string>();
  #filesFailed = 0;
  #lastFailure: string | undefined;

  constructor(index: WatchedIndex, { signal, onEvent = () => undefined }: WatchOptions, timing: WatchTiming) {
    this.#index = index;
    this.#signal = signal;
    this.#onEvent = onEvent;
    this.#timing = timing;
    this.#pending = new PendingChanges(timing);
  }

  async run(): Promise<void> {
    const stop = () => {
      this.#wakeUpCall.call();
    };
    this.#signal.addEventListener("abort", stop, { once: true });
    try {
      while (!this.#signal.aborted) {
        await this.#bringUpToDate();
        if (!this.#isReady && !this.#signal.aborted) this.#ready();
        await this.#nextWork();
      }
    } catch (error) {
      if (!this.#signal.aborted) throw error;
    } finally {
      this.#signal.removeEventListener("abort", stop);
      await this.#watch?.close();
    }
  }

  /** Waits until there is something to do. */
  async #nextWork(): Promise<void> {
    while (!this.#signal.aborted) {
      const now = performance.now();
      if (now >= this.#reconcileAt || this.#clockHasJumped()) this.#isStale = true;
      if (this.#isStale) return;
      const { dueAt } = this.#pending;
      if (dueAt !== undefined && now >= dueAt && !(await this.#gitIsBusy(now))) {
        const burst = this.#pending.take();
        this.#isStale = burst.isDoubtful || (await this.#hasUnwatchedFolder(burst));
        if (this.#isStale || (await this.#matters(burst))) return;
      } else {
        // While git is busy the changes are due, and looked at again after a pause.
        const next = dueAt === undefined ? Infinity : Math.max(dueAt, now + this.#timing.quietMs / 4);
        await this.#wakeUpCall.sleep(Math.min(next, this.#reconcileAt, now + CLOCK_CHECK_MS) - now);
      }
    }
  }

  /** Whether git is writing its index and files with it, as when it switches branches: the run waits for the end. */
  async #gitIsBusy(now: number): Promise<boolean> {
    const gitFolder = this.#watch?.gitFolder;
    const { since } = this.#pending;
    if (gitFolder === undefined || since === undefined || now - since >= this.#timing.maxGitWaitMs) return false;
    return exists(join(gitFolder, "index.lock"));
  }

  async #matters({ paths, isCertain }: Burst): Promise<boolean> {
    if (isCertain) {
      this.#ignored.clear();
      return true;
    }
    const asked = [...paths.keys()];
    const ignored = await ignoredChanges(this.#index.workspace, asked, this.#signal);
    if (this.#ignored.size + ignored.size > MAX_IGNORED_PATHS) this.#ignored.clear();
    for (const path of ignored) this.#ignored.add(path);
    return ignored.size < asked.length;
  }

  /** Whether a new folder has folders in it: they came into being, or into the workspace, before it was watched. */
  async #hasUnwatchedFolder({ paths }: Burst): Promise<boolean> {
    for (const [path, isNew] of paths) {
      if (!isNew) continue;
      const children = await readdir(join(this.#index.workspace, path), { withFileTypes: true }).catch(() => []);
      if (children.some((child) => child.isDirectory())) return true;
    }
    return false;
  }

  /** Watches from now on, instead of what was watched before; or not, if that cannot be done. */
  async #beginAnew(): Promise<void> {
    const { workspace, indexPath } = this.#index;
    await this.#watch?.close();
    this.#watch = undefined;
    this.#ignored.clear();
    const before = this.#trouble;
    this.#trouble = undefined;
    try {
      this.#watch = await watchFiles(
        workspace,
        indexPath,
        {
          onChanges: (changes) => {
            const news = changes.filter(({ path }) => !this.#ignored.has(path));
            this.#pending.add(news, performance.now());
            this.#wakeUpCall.call();
          },
          onRules: () => {
            this.#pending.addCertainty(performance.now());
            this.#wakeUpCall.call();
          },
          onDoubt: () => {
            this.#pending.addDoubt(performance.now());
            this.#wakeUpCall.call();
          },
        },
        this.#signal,
      );
    } catch (error) {
      // A workspace that has just gone is waited for after the run, which fails.
      if (this.#signal.aborted || !(await exists(workspace))) return;
      this.#trouble = explainWatchFailure(error);
      if (before !== this.#trouble) {
        const every = `Meanwhile the workspace is compared every ${this.#intervalMs() / 1_000} s.`;
        this.#notice("WATCH_UNAVAILABLE", `${this.#trouble} ${every}`);
      }
    }
    this.#isStale = false;
    this.#reconcileAt = performance.now() + this.#intervalMs();
    if (this.#isReady && (before === undefined) !== (this.#trouble === undefined)) this.#ready();
  }

  #ready(): void {
    this.#isReady = true;
    const by = this.#trouble === undefined ? "events" : "polling";
    this.#onEvent({ type: "watching", by, intervalMs: this.#intervalMs() });
  }

  #intervalMs(): number {
    return this.#trouble === undefined ? this.#timing.reconcileMs : this.#timing.pollMs;
  }

  /** One run, as soon as the workspace is there and nobody else writes the index. */
  async #bringUpToDate(): Promise<void> {
    const startedAt = performance.now();
    let retryMs = this.#timing.lockMs.first;
    let isSaid = false;
    while (await this.#isThere()) {
      // Watched before it is compared, so that no change falls between.
      if (this.#isStale) await this.#beginAnew();
      if (this.#signal.aborted) return;
      try {
        this.#indexed(await this.#runOnce());
        this.#reconcileAt = Math.max(this.#reconcileAt, performance.now() + this.#timing.pollMs);
        return;
      } catch (error) {
        if (this.#signal.aborted) return;
        if (isLocked(error)) {
          if (!isSaid && performance.now() - startedAt >= this.#timing.lockSaidMs) {
            this.#notice("LOCK_WAIT", `${error.message} Waiting until it is free.`);
            isSaid = true;
          }
          await this.#sleep(retryMs);
          retryMs = Math.min(2 * retryMs, this.#timing.lockMs.last);
        } else if (await exists(this.#index.workspace)) {
          if (!this.#isReady) throw error;
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
    try {
      // Two who watch with different models would otherwise build each other's index anew for ever.
      const ifOutdated = this.#isReady ? "refuse" : "rebuild";
      return await this.#index.index({ ifOutdated, signal: run.signal, onEvent: this.#onEvent });
    } finally {
      this.#signal.removeEventListener("abort", stop);
    }
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

  /** Waits for a workspace that is gone, which a run would make again, empty; false if stopped meanwhile. */
  async #isThere(): Promise<boolean> {
    const { workspace } = this.#index;
    if (await exists(workspace)) return !this.#signal.aborted;
    this.#notice("WORKSPACE_GONE", `${workspace} is gone. Waiting until it is back.`);
    do await this.#sleep(this.#timing.goneMs);
    while (!this.#signal.aborted && !(await exists(workspace)));
    if (this.#signal.aborted) return false;
    this.#notice("WORKSPACE_BACK", `${workspace} is back.`);
    this.#isStale = true;
    return true;
  }

  /** Sleeps through changes, which stay pending; only stopping wakes it. */
  async #sleep(ms: number): Promise<void> {
    const end = performance.now() + ms;
    while (!this.#signal.aborted && performance.now() < end) await this.#wakeUpCall.sleep(end - performance.now());
  }

  #clockHasJumped(): boolean {
    const before = this.#clockOffset;
    this.#clockOffset = clockOffset();
    return Math.abs(this.#clockOffset - before) > CLOCK_JUMP_MS;
  }

  #notice(code: string, message: string): void {
    this.#onEvent({ type: "notice", code, message });
  }
}

/** What the time of day is ahead of the time that never jumps; milliseconds. */
function clockOffset(): number {
  return Date.now() - performance.now();
}

function isLocked(error: unknown): error is ResonaError {
  return error instanceof ResonaError && lockCodes.has(error.code);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
