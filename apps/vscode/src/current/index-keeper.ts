import type { IndexSummary } from "@resona/core";

import type { EngineClient } from "../engine-client/engine-client.ts";
import { type EngineError, asEngineError } from "../protocol/engine-error.ts";
import { RefreshSchedule, type RunOutcome, type ScheduleTiming, type Work, defaultTiming } from "./refresh-schedule.ts";

/** A folder whose index is kept current. */
export interface KeptFolder {
  readonly engine: Pick<EngineClient, "index" | "maintain">;
  /** Looks at the disk, so that no engine is started for a folder without an index. */
  readonly hasIndex: () => Promise<boolean>;
  /** Whether git is changing files. */
  readonly gitIsBusy: () => Promise<boolean>;
  readonly onIndexed: (summary: IndexSummary) => void;
  /** A run has failed, for another reason than that somebody else is writing; or the engine does not survive it. */
  readonly onFailed: (error: EngineError) => void;
}

/** They pass: it is tried again soon. */
const passing: ReadonlySet<string> = new Set(["INDEX_LOCKED", "LOCK_LOST", "INDEX_BEING_BUILT", "ENGINE_STOPPED"]);

/** The engine has ended; it is started again by itself. */
const crashes: ReadonlySet<string> = new Set(["ENGINE_CRASHED", "ENGINE_OUT_OF_MEMORY"]);

/** From this one on it is no chance any more, and is told. */
const CRASHES_TO_TELL = 3;

/**
 * Brings the index of a folder up to date when something has changed in it, one run at a time, and maintains it in
 * pauses. A folder without an index is left alone until somebody has made one.
 */
export class IndexKeeper {
  readonly #folder: KeptFolder;
  readonly #schedule: RefreshSchedule;
  #timer: NodeJS.Timeout | undefined;
  #isAtWork = false;
  #isDisposed = false;
  /** One after the other, without a run in between that the engine has survived. */
  #crashes = 0;
  /** Aborted to end what is under way. */
  #stopping = new AbortController();

  constructor(folder: KeptFolder, timing: Partial<ScheduleTiming> = {}) {
    this.#folder = folder;
    this.#schedule = new RefreshSchedule({ ...defaultTiming, ...timing });
  }

  /** Something has changed that no run has taken in to its end. */
  get hasUnindexedChanges(): boolean {
    return this.#schedule.hasUnindexedChanges;
  }

  /** Somebody has changed something in the folder. */
  changed(): void {
    this.#schedule.changed(performance.now());
    this.#plan();
  }

  /** The user has saved a file of the folder. */
  saved(): void {
    this.#schedule.saved(performance.now());
    this.#plan();
  }

  /** Anything may have changed. */
  reconcile(): void {
    this.#schedule.want();
    this.#plan();
  }

  /** What has kept the index from being brought up to date may be over. */
  retry(): void {
    this.#crashes = 0;
    this.#schedule.retry();
    this.#plan();
  }

  /** Allowed, it begins with a run; forbidden, it ends the one under way, and what that has done stays. */
  setEnabled(isEnabled: boolean): void {
    this.#schedule.setEnabled(isEnabled);
    if (!isEnabled) this.#stop();
    this.#plan();
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    this.#stop();
  }

  #stop(): void {
    this.#stopping.abort();
    this.#stopping = new AbortController();
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.#isAtWork || this.#isDisposed) return;
    const now = performance.now();
    const step = this.#schedule.next(now);
    if (step.kind === "wait") this.#timer = setTimeout(() => this.#plan(), step.until - now);
    else if (step.kind !== "rest") void this.#work(step);
  }

  async #work(work: Work): Promise<void> {
    this.#isAtWork = true;
    const { signal } = this.#stopping;
    try {
      if ((await this.#isLaterBetter(work)) || signal.aborted) return;
      this.#schedule.begin(work);
      this.#schedule.end(await this.#run(work, signal), performance.now());
    } finally {
      this.#isAtWork = false;
      this.#plan();
    }
  }

  async #isLaterBetter({ kind }: Work): Promise<boolean> {
    return kind === "index" && (await this.#folder.gitIsBusy()) && this.#schedule.waitForGit(performance.now());
  }

  async #run(work: Work, signal: AbortSignal): Promise<RunOutcome> {
    try {
      if (!(await this.#folder.hasIndex())) return "pointless";
      const outcome = await (work.kind === "index" ? this.#index(work.maintain, signal) : this.#maintain(signal));
      if (outcome === "changed" || outcome === "unchanged") this.#crashes = 0;
      return outcome;
    } catch (error) {
      if (signal.aborted) return "interrupted";
      const failure = asEngineError(error);
      if (passing.has(failure.code)) return "blocked";
      const isCrash = crashes.has(failure.code);
      if (!isCrash || ++this.#crashes >= CRASHES_TO_TELL) this.#folder.onFailed(failure);
      return isCrash ? "crashed" : "failed";
    }
  }

  async #index(maintain: boolean, signal: AbortSignal): Promise<RunOutcome> {
    // What needs more than an update is the user's decision.
    const summary = await this.#folder.engine.index({ ifOutdated: "refuse", maintain, signal });
    if (summary.status === "interrupted") return signal.aborted ? "interrupted" : "blocked";
    this.#folder.onIndexed(summary);
    return summary.filesIndexed > 0 || summary.filesRemoved > 0 ? "changed" : "unchanged";
  }

  async #maintain(signal: AbortSignal): Promise<RunOutcome> {
    const { interrupted } = await this.#folder.engine.maintain({ onlyIfNeeded: true, signal });
    return interrupted ? "interrupted" : "changed";
  }
}
