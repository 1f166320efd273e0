/** In milliseconds, except for counts. */
export interface ScheduleTiming {
  /** Changes are answered when none has come for this time, … */
  readonly quietMs: number;
  /** … or the first of them is this old, … */
  readonly maxWaitMs: number;
  /** … but while git is changing files, not before this. */
  readonly maxGitWaitMs: number;
  /** The folder is compared after this time in any case, for changes that nothing has told of. */
  readonly reconcileMs: number;
  /** What maintenance is due waits for a pause of this length, … */
  readonly idleMs: number;
  /** … or until so many runs have written something: each adds a fragment, which makes searches a little slower. */
  readonly maxUnmaintainedRuns: number;
  /** Before a run that could not take place is tried again: for the first time, and at most. */
  readonly blockedMs: Growth;
  /** Before a run in which the engine has ended is tried again: it may end so every time. */
  readonly crashedMs: Growth;
  /** After runs that changes have asked for and that had nothing to do, as where a log is written that is ignored. */
  readonly fruitlessMs: Growth;
}

interface Growth {
  readonly first: number;
  readonly last: number;
}

const FACTOR = 4;

export const defaultTiming: ScheduleTiming = {
  quietMs: 500,
  maxWaitMs: 5_000,
  maxGitWaitMs: 10_000,
  reconcileMs: 600_000,
  idleMs: 60_000,
  maxUnmaintainedRuns: 64,
  blockedMs: { first: 1_000, last: 16_000 },
  crashedMs: { first: 1_000, last: 600_000 },
  fruitlessMs: { first: 1_000, last: 64_000 },
};

/** What to do now. */
export type Step =
  | Work
  /** Nothing before this time, unless something is told. */
  | { readonly kind: "wait"; readonly until: number }
  /** Nothing until something is told. */
  | { readonly kind: "rest" };

export type Work =
  | {
      readonly kind: "index";
      /** Whether to do what maintenance is due, too. */
      readonly maintain: boolean;
    }
  | { readonly kind: "maintain" };

/** How a run has ended. */
export type RunOutcome =
  | "changed"
  /** The index was current already. */
  | "unchanged"
  /** It is to be done again: somebody else was writing. */
  | "blocked"
  /** It is to be done again: the engine has ended. */
  | "crashed"
  /** It is to be done again when something has changed. */
  | "failed"
  /** It was told to end, and is to be done again when it may. */
  | "interrupted"
  /** There is no index to keep. */
  | "pointless";

/**
 * Decides when an index is brought up to date. Every run compares the whole folder, so a change only says that there is
 * something to do: however many come while one is waited for or under way, they make one run. Times are of any clock
 * that never goes back.
 */
export class RefreshSchedule {
  readonly #timing: ScheduleTiming;
  #isEnabled = false;
  #running: Work | undefined;
  /** Of the changes that no run has taken in. */
  #first: number | undefined;
  #last = 0;
  /** A run is wanted whether or not anything has changed. */
  #isWanted = false;
  #isAskedForByChanges = false;
  #gitUntil = 0;
  #blocked = 0;
  #crashed = 0;
  #blockedUntil = 0;
  #fruitless = 0;
  #fruitlessUntil = 0;
  #reconcileAt = Infinity;
  #maintainAt = Infinity;
  /** Runs that wrote something since what maintenance is due was done; nobody knows how many there were before. */
  #runsToMaintain = Infinity;

  constructor(timing: ScheduleTiming) {
    this.#timing = timing;
  }

  /** Something has changed that no run has taken in to its end. */
  get hasUnindexedChanges(): boolean {
    return this.#first !== undefined || (this.#running?.kind === "index" && this.#isAskedForByChanges);
  }

  /** Something was changed by somebody. */
  changed(now: number): void {
    this.#first ??= now;
    this.#last = now;
  }

  /** The user has changed something here, and expects it to be found soon. */
  saved(now: number): void {
    this.changed(now);
    this.#fruitless = 0;
    this.#fruitlessUntil = 0;
  }

  /** Anything may have changed. */
  want(): void {
    this.#isWanted = true;
  }

  /** Whatever has kept runs from taking place may be over: there is one without further waiting. */
  retry(): void {
    this.#blocked = 0;
    this.#crashed = 0;
    this.#blockedUntil = 0;
    this.want();
  }

  /** Allowed again, it begins with a run. */
  setEnabled(isEnabled: boolean): void {
    if (isEnabled && !this.#isEnabled) this.retry();
    this.#isEnabled = isEnabled;
  }

  next(now: number): Step {
    if (!this.#isEnabled || this.#running !== undefined) return { kind: "rest" };
    const dueAt = this.#dueAt();
    if (now >= dueAt) return { kind: "index", maintain: this.#runsToMaintain >= this.#timing.maxUnmaintainedRuns };
    // What has changed comes first.
    const maintainAt = this.#first === undefined ? Math.max(this.#maintainAt, this.#blockedUntil) : Infinity;
    if (now >= maintainAt) return { kind: "maintain" };
    const until = Math.min(dueAt, maintainAt);
    return until === Infinity ? { kind: "rest" } : { kind: "wait", until };
  }

  /** While git is writing, more changes are to come. @returns whether it is waited for. */
  waitForGit(now: number): boolean {
    if (this.#first === undefined || now - this.#first >= this.#timing.maxGitWaitMs) return false;
    this.#gitUntil = now + this.#timing.quietMs;
    return true;
  }

  begin(work: Work): void {
    this.#running = work;
    if (work.kind === "maintain") {
      this.#maintainAt = Infinity;
      return;
    }
    this.#isAskedForByChanges = this.#first !== undefined;
    this.#first = undefined;
    this.#isWanted = false;
    this.#gitUntil = 0;
  }

  end(outcome: RunOutcome, now: number): void {
    const work = this.#running;
    this.#running = undefined;
    if (work?.kind === "maintain") {
      if (outcome === "changed") this.#runsToMaintain = 0;
      else if (outcome !== "unchanged" && outcome !== "failed" && outcome !== "pointless")
        this.#maintainAt = now + this.#timing.idleMs;
      this.#waitAfterCrash(outcome, now);
      return;
    }
    if (work?.maintain === true && (outcome === "changed" || outcome === "unchanged")) {
      this.#runsToMaintain = 0;
      this.#maintainAt = Infinity;
    } else if (outcome === "changed") {
      this.#runsToMaintain++;
      this.#maintainAt = now + this.#timing.idleMs;
    }
    this.#reconcileAt = now + this.#timing.reconcileMs;
    if (outcome === "blocked" || outcome === "crashed" || outcome === "interrupted") this.want();
    if (outcome === "blocked") this.#blockedUntil = now + grown(this.#timing.blockedMs, this.#blocked++);
    else this.#blocked = 0;
    this.#waitAfterCrash(outcome, now);
    if (outcome === "changed") {
      this.#fruitless = 0;
    } else if ((outcome === "unchanged" || outcome === "failed") && this.#isAskedForByChanges) {
      this.#fruitlessUntil = now + grown(this.#timing.fruitlessMs, this.#fruitless++);
    }
  }

  #waitAfterCrash(outcome: RunOutcome, now: number): void {
    if (outcome === "crashed") this.#blockedUntil = now + grown(this.#timing.crashedMs, this.#crashed++);
    // One that was ended, or could not begin, might have crashed as well.
    else if (outcome !== "blocked" && outcome !== "interrupted") this.#crashed = 0;
  }

  #dueAt(): number {
    const { quietMs, maxWaitMs } = this.#timing;
    const changesAt =
      this.#first === undefined
        ? Infinity
        : Math.max(Math.min(this.#last + quietMs, this.#first + maxWaitMs), this.#gitUntil, this.#fruitlessUntil);
    const wantedAt = this.#isWanted ? 0 : this.#reconcileAt;
    return Math.max(Math.min(changesAt, wantedAt), this.#blockedUntil);
  }
}

/** @param times that it has grown already. */
function grown({ first, last }: Growth, times: number): number {
  return Math.min(first * FACTOR ** times, last);
}
