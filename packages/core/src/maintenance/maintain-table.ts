import { resonaError } from "../errors.ts";
import type { MaintenanceStep } from "../model/maintenance.ts";
import { type ExpiredVersions, removeExpiredVersions } from "../store/expired-versions.ts";
import type { LanceTable, TableState } from "../store/lance-table.ts";
import { sweepLeftovers } from "../store/leftovers.ts";
import { counted, megabytes } from "../support/quantities.ts";
import { type IndexWork, indexWork, spokenWork } from "./index-work.ts";
import type { MaintenanceRun, StepOutcome } from "./maintenance-run.ts";
import { type DueIndex, cleanupDue, compactionDue, indexesDue } from "./policy.ts";
import { MAX_VECTOR_SEGMENTS } from "./thresholds.ts";

/** Removes no version. */
const KEEP_ALL = new Date(0);

/**
 * Maintains one table, in an order that is safe to be interrupted at any point: first what makes new versions, last the
 * removal of old ones. New files are forced to the disk before those that they replace are removed.
 *
 * @param vectorIndexRows rows that the table had when its vector index was last made, if known.
 */
export async function maintainTable(table: LanceTable, run: MaintenanceRun, vectorIndexRows?: number): Promise<void> {
  await new TableMaintenance(table, run, vectorIndexRows).maintain();
}

/** What became of the indexes. */
interface IndexesUpdated {
  readonly isVectorAnew: boolean;
  /** Whether one of them was broken. */
  readonly areRepaired: boolean;
  readonly isAnyAnew: boolean;
}

class TableMaintenance {
  readonly #table: LanceTable;
  readonly #run: MaintenanceRun;
  #vectorIndexRows: number | undefined;
  /** Undefined if it cannot be read. */
  #state: TableState | undefined;

  constructor(table: LanceTable, run: MaintenanceRun, vectorIndexRows: number | undefined) {
    this.#table = table;
    this.#run = run;
    this.#vectorIndexRows = vectorIndexRows;
  }

  async maintain(): Promise<void> {
    await this.#sweep();
    await this.#measure();
    const dueBefore = this.#indexesDue();
    let compaction = await this.#compact(this.#whyCompact());
    const { isVectorAnew, areRepaired, isAnyAnew } = await this.#updateIndexes(compaction);
    if (isVectorAnew)
      compaction = await this.#compact("the vector index was made anew, so that all fragments can merge");
    else if (isAnyAnew && compaction === "failed") compaction = await this.#compact("indexes were made anew");
    const freedBytes = await this.#cleanUp(compaction);
    if (freedBytes > 0 && this.#foundDiskFull()) await this.#tryAgain();

    const dueAfter = new Set(this.#indexesDue().map(({ index }) => index.column));
    const isCaughtUp = dueBefore.some(({ action, index }) => action !== "drop" && !dueAfter.has(index.column));
    if (areRepaired || isVectorAnew || (isCaughtUp && !this.#run.settings.skipIndex)) this.#run.indexRebuilt = true;
  }

  async #sweep(): Promise<void> {
    await this.#step("sweep", "looking for leftovers of killed writers", async () => {
      const { filesRemoved, bytesRemoved } = await sweepLeftovers(this.#table.path);
      return `${counted(filesRemoved, "leftover file")} removed, ${megabytes(bytesRemoved)}`;
    });
  }

  /** Why the table is to be compacted, empty if that was asked for; undefined if it is not. */
  #whyCompact(): string | undefined {
    const { onlyIfNeeded, skipIndex } = this.#run.settings;
    if (!onlyIfNeeded) return "";
    const stale = skipIndex ? undefined : this.#indexesDue().find(({ action }) => action === "extend");
    if (stale) return `the index over ${stale.index.column} is stale: ${stale.reason}`;
    return this.#state && compactionDue(this.#state);
  }

  async #compact(why: string | undefined): Promise<StepOutcome> {
    const { skipCompaction, skipIndex } = this.#run.settings;
    if (why === undefined || skipCompaction) return "left out";
    const { name } = this.#table;
    const before = this.#state;
    const outcome = await this.#step("compaction", `merging fragments${because(why)}`, async () => {
      // LanceDB merges fragments that the indexes cover and those that they do not cover yet apart; then it extends the
      // indexes, after which all are covered.
      const first = await this.#table.optimize(KEEP_ALL);
      const second = await this.#table.optimize(KEEP_ALL);
      await this.#table.sync();
      const fragmentsRemoved = first.fragmentsRemoved + second.fragmentsRemoved;
      const filesCreated = first.filesCreated + second.filesCreated;
      this.#run.addCompaction({ fragmentsRemoved, filesCreated });
      await this.#measure();
      // What LanceDB has counted includes fragments that it made itself and merged again.
      return `${spokenFragments(before)} before, ${spokenFragments(this.#state)} after`;
    });
    if (outcome !== "done") await this.#measure();
    if (outcome === "done" && skipIndex && before) this.#noteTouchedIndexes(before, name);
    return outcome;
  }

  #noteTouchedIndexes({ indexes }: TableState, name: string): void {
    const extended = indexes.filter(({ unindexedRows }) => unindexedRows > 0).map(({ column }) => column);
    if (extended.length > 0)
      this.#run.notes.push(
        `Compaction of ${name} extended its indexes over ${extended.join(", ")}: LanceDB does not do one without the other.`,
      );
    if (indexes.some(({ segments }) => segments > MAX_VECTOR_SEGMENTS))
      this.#run.notes.push(
        `Fragments of ${name} were not merged across the segments of its vector index, which only making it anew merges.`,
      );
  }

  async #updateIndexes(compaction: StepOutcome): Promise<IndexesUpdated> {
    const { skipIndex, skipCompaction, onlyIfNeeded } = this.#run.settings;
    if (skipIndex) return { isVectorAnew: false, areRepaired: false, isAnyAnew: false };
    const { name } = this.#table;
    const works = await indexWork(this.#table, this.#state, this.#indexesDue(), {
      areAsked: !onlyIfNeeded || compaction === "failed",
      isMergingBroken: this.#run.failureOf("compaction", name)?.code === "STORE_FAILED",
    });
    const done = works.length > 0 || !onlyIfNeeded ? await this.#doIndexWork(works) : [];
    const isVectorAnew = done.some(({ index, action }) => index.kind === "vector" && action === "rebuild");
    if (isVectorAnew && skipCompaction)
      this.#run.notes.push(`The fragments of ${name} merge when it is compacted, which was skipped.`);
    return { isVectorAnew, areRepaired: done.some(({ isRepair }) => isRepair), isAnyAnew: done.length > 0 };
  }

  /** @returns what of it was done. */
  async #doIndexWork(works: readonly IndexWork[]): Promise<IndexWork[]> {
    const done: IndexWork[] = [];
    await this.#step("index", works.map(spokenWork).join(", ") || "all indexes are up to date", async () => {
      const errors: unknown[] = [];
      for (const work of works)
        try {
          await this.#do(work);
          done.push(work);
        } catch (error) {
          // The others are no worse off.
          errors.push(error);
        }
      await this.#table.sync();
      if (errors.length > 0) throw errors[0];
      return done.length === 0 ? "nothing to do" : `done: ${done.map(({ index }) => index.column).join(", ")}`;
    });
    if (done.length > 0) await this.#measure();
    return done;
  }

  async #do({ index, action }: IndexWork): Promise<void> {
    const table = this.#table;
    if (action === "drop") {
      const name = this.#state?.indexes.find(({ column }) => column === index.column)?.name;
      if (name !== undefined) await table.dropIndex(name);
    } else await table.createIndex(index);
    if (index.kind !== "vector") return;
    this.#vectorIndexRows = action === "drop" ? undefined : this.#state?.rows;
    this.#run.vectorIndexRows.set(table.name, this.#vectorIndexRows);
  }

  /** @returns the number of bytes freed. */
  async #cleanUp(compaction: StepOutcome): Promise<number> {
    if (this.#run.settings.skipCleanup) return 0;
    const why = compaction === "left out" ? await this.#whyCleanUp() : "";
    if (why === undefined) return 0;
    let freedBytes = 0;
    await this.#step("cleanup", `removing old versions${because(why)}`, async () => {
      const removed = await (compaction === "done" ? this.#prune() : this.#removeFiles());
      freedBytes = removed.bytesRemoved;
      this.#run.addCleanup(removed);
      return `${counted(removed.versionsRemoved, "version")} removed, ${megabytes(removed.bytesRemoved)}`;
    });
    return freedBytes;
  }

  /** Like {@link TableMaintenance.#whyCompact}, for old versions of a table that was not compacted. */
  async #whyCleanUp(): Promise<string | undefined> {
    if (!this.#run.settings.onlyIfNeeded) return "";
    try {
      return this.#state && cleanupDue(await this.#expired(true), this.#state);
    } catch {
      return "they could not be measured";
    }
  }

  /**
   * After compaction, LanceDB's call that compacts and cleans up finds nothing to compact. What killed writers have left
   * unfinished it keeps for a week.
   */
  async #prune(): Promise<Freed> {
    let pruned: Freed;
    try {
      pruned = await this.#table.optimize(this.#run.settings.cutOff);
    } catch {
      return this.#removeFiles();
    }
    const unfinished = await this.#expired(false);
    return {
      bytesRemoved: pruned.bytesRemoved + unfinished.bytesRemoved,
      versionsRemoved: pruned.versionsRemoved + unfinished.versionsRemoved,
    };
  }

  async #removeFiles(): Promise<Freed> {
    const { path, name } = this.#table;
    const removed = await this.#expired(false);
    if (removed.refused === undefined) return removed;
    throw resonaError("STORE_FAILED", { path, detail: `Old versions of ${name} are kept because ${removed.refused}.` });
  }

  #expired(dryRun: boolean): Promise<ExpiredVersions> {
    return removeExpiredVersions(this.#table.path, { olderThan: this.#run.settings.cutOff, dryRun });
  }

  #foundDiskFull(): boolean {
    return (["compaction", "index"] as const).some(
      (step) => this.#run.failureOf(step, this.#table.name)?.code === "DISK_FULL",
    );
  }

  /** Does what the disk had no space for, once cleanup has freed some. */
  async #tryAgain(): Promise<void> {
    const compaction = await this.#compact("the disk has space again");
    await this.#updateIndexes(compaction);
    await this.#cleanUp(compaction);
  }

  #step(step: MaintenanceStep, beginning: string, work: () => Promise<string>): Promise<StepOutcome> {
    return this.#run.step(step, this.#table.name, beginning, work);
  }

  #indexesDue(): DueIndex[] {
    if (this.#state === undefined) return [];
    const { wantedIndexes, vectorDimension } = this.#table;
    const table = { wantedIndexes, vectorDimension, state: this.#state, vectorIndexRows: this.#vectorIndexRows };
    return indexesDue(table, this.#run.settings.staleShare);
  }

  async #measure(): Promise<void> {
    this.#state = await this.#table.state().catch(() => undefined);
  }
}

type Freed = Pick<ExpiredVersions, "bytesRemoved" | "versionsRemoved">;

function spokenFragments(state: TableState | undefined): string {
  return state === undefined ? "unknown fragments" : counted(state.fragments, "fragment");
}

function because(why: string): string {
  return why === "" ? "" : `, because ${why}`;
}
