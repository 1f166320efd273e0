/**
 * A commit holds about this many rows (one source more or less): each makes two LanceDB versions, so fewer are better,
 * and its rows are in memory about four times.
 */
export const ROWS_PER_COMMIT = 3_072;
/** What is ready is committed after this time in any case, so that it can be found and survives a kill. */
const MS_PER_COMMIT = 5_000;

/** What an index wants to be told around commits. */
export interface CommitHooks {
  /** Called before every commit; what it throws ends the run with that batch unwritten. */
  beforeCommit(batch: number, expected: number | undefined): Promise<void>;
  /** Called after every commit. */
  afterCommit(done: CommitTotals): Promise<void>;
  /** Called when all is committed, before maintenance; not if the run failed. */
  afterLastCommit(isComplete: boolean): Promise<void>;
  /** Compacts, indexes and cleans up what the policy finds due. */
  maintainIfNeeded(): Promise<void>;
}

/** What a run has committed so far. */
export interface CommitTotals {
  readonly batches: number;
  readonly sources: number;
  readonly records: number;
  /** The file or item that was committed last. */
  readonly last: string;
}

/** One change of one source. */
interface Change {
  /** Path of the file, or id of the item. */
  readonly source: string;
  /** Records that it writes. */
  readonly records: number;
}

/**
 * Gathers changes of whole sources and commits them together. One commit is written while the next is gathered; a third
 * waits.
 */
export class CommitQueue<C extends Change> {
  readonly #hooks: CommitHooks;
  readonly #commit: (changes: readonly C[]) => Promise<void>;
  readonly #shareDone: () => number | undefined;
  #totals: CommitTotals = { batches: 0, sources: 0, records: 0, last: "" };
  #writing: Promise<void> = Promise.resolve();
  #batch: Batch<C> = emptyBatch();

  /** @param shareDone how much of the run is done, 0 to 1, where that is known. */
  constructor(
    hooks: CommitHooks,
    commit: (changes: readonly C[]) => Promise<void>,
    shareDone: () => number | undefined = () => undefined,
  ) {
    this.#hooks = hooks;
    this.#commit = commit;
    this.#shareDone = shareDone;
  }

  get totals(): CommitTotals {
    return this.#totals;
  }

  async add(change: C): Promise<void> {
    this.#batch.changes.push(change);
    this.#batch.rows += Math.max(1, change.records);
    const age = performance.now() - this.#batch.since;
    if (this.#batch.rows >= ROWS_PER_COMMIT || age >= MS_PER_COMMIT) await this.#startCommit();
  }

  /** Commits what is left and waits until everything is written. */
  async flush(): Promise<void> {
    await this.#startCommit();
    await this.#writing;
  }

  /** Waits for the commit before, then starts this one without waiting for it. */
  async #startCommit(): Promise<void> {
    await this.#writing;
    const { changes } = this.#batch;
    this.#batch = emptyBatch();
    if (changes.length === 0) return;
    this.#writing = this.#write(changes);
    // An error surfaces at the next commit or flush; until then it must not count as unhandled.
    this.#writing.catch(() => undefined);
  }

  async #write(changes: readonly C[]): Promise<void> {
    const before = this.#totals;
    const batches = before.batches + 1;
    const share = this.#shareDone();
    await this.#hooks.beforeCommit(batches, share ? Math.max(batches, Math.ceil(batches / share)) : undefined);
    await this.#commit(changes);
    this.#totals = {
      batches,
      sources: before.sources + changes.length,
      records: before.records + changes.reduce((sum, { records }) => sum + records, 0),
      last: changes.at(-1)?.source ?? "",
    };
    await this.#hooks.afterCommit(this.#totals);
  }
}

interface Batch<C> {
  readonly changes: C[];
  rows: number;
  readonly since: number;
}

function emptyBatch(): Batch<never> {
  return { changes: [], rows: 0, since: performance.now() };
}
