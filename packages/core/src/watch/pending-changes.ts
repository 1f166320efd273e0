/** Something in the workspace that is not as it was. */
export interface Change {
  /** Relative to the workspace, with `/`. */
  readonly path: string;
  readonly type: "create" | "update" | "delete";
}

/** Changes that are answered together. */
export interface Burst {
  /** Whether each path was new at some time. Empty if `isDoubtful`. */
  readonly paths: ReadonlyMap<string, boolean>;
  /** Whether there is work to do whatever the paths are. */
  readonly isCertain: boolean;
  /** Whether changes may have been missed, so that the watching has to begin anew; certain as well. */
  readonly isDoubtful: boolean;
}

/**
 * More paths than these are not looked at one by one. It is also far less than what fills the system's queue of events,
 * 16,384 on Linux, where some would be lost without a word.
 */
const MAX_PATHS = 1_000;

/** Gathers changes until they pause, or have gone on for long enough. Times are of any clock that never goes back. */
export class PendingChanges {
  readonly #quietMs: number;
  readonly #maxWaitMs: number;
  #paths = new Map<string, boolean>();
  #isCertain = false;
  #isDoubtful = false;
  #first: number | undefined;
  #last = 0;

  constructor({ quietMs, maxWaitMs }: { readonly quietMs: number; readonly maxWaitMs: number }) {
    this.#quietMs = quietMs;
    this.#maxWaitMs = maxWaitMs;
  }

  add(changes: readonly Change[], now: number): void {
    if (changes.length === 0) return;
    this.#note(now);
    for (const { path, type } of changes) {
      if (this.#isDoubtful) return;
      this.#paths.set(path, type === "create" || this.#paths.get(path) === true);
      if (this.#paths.size > MAX_PATHS) this.addDoubt(now);
    }
  }

  /** Something has changed that matters, whatever it is. */
  addCertainty(now: number): void {
    this.#note(now);
    this.#isCertain = true;
  }

  /** Anything may have changed, and changes to come may be missed. */
  addDoubt(now: number): void {
    this.addCertainty(now);
    this.#isDoubtful = true;
    this.#paths.clear();
  }

  /** Those that changed, as far as they are remembered. */
  get paths(): Iterable<string> {
    return this.#paths.keys();
  }

  /** When the first of the changes came; undefined while there are none. */
  get since(): number | undefined {
    return this.#first;
  }

  /** When the changes are to be answered; undefined while there are none. */
  get dueAt(): number | undefined {
    return this.#first === undefined ? undefined : Math.min(this.#last + this.#quietMs, this.#first + this.#maxWaitMs);
  }

  /** All changes, which are then no longer pending. */
  take(): Burst {
    const burst = { paths: this.#paths, isCertain: this.#isCertain, isDoubtful: this.#isDoubtful };
    this.#paths = new Map();
    this.#isCertain = false;
    this.#isDoubtful = false;
    this.#first = undefined;
    return burst;
  }

  #note(now: number): void {
    this.#first ??= now;
    this.#last = now;
  }
}
