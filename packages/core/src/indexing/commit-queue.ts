import type { FileRecord } from "../model/file-record.ts";
import type { IndexStore } from "../store/index-store.ts";
import type { FileReplacement } from "../store/store.ts";
import type { EmbeddedFile } from "./embed-file.ts";
import type { ProgressMeter } from "./progress-meter.ts";

/**
 * A commit holds about this many rows (one file more or less): each makes two LanceDB versions, so fewer are better,
 * and its rows are in memory about four times.
 */
const ROWS_PER_COMMIT = 3_072;
/** What is ready is committed after this time in any case, so that it can be found and survives a kill. */
const MS_PER_COMMIT = 5_000;

/** Gathers embedded files and commits whole files together. One commit is written while the next is gathered; a third waits. */
export class CommitQueue {
  readonly #store: IndexStore;
  readonly #meter: ProgressMeter;
  readonly #previousChunks: (path: string) => number | undefined;
  readonly #beforeCommit: (isFirst: boolean) => Promise<void>;
  #begun = false;
  #writing: Promise<void> = Promise.resolve();
  #batch = emptyBatch();

  constructor(
    store: IndexStore,
    meter: ProgressMeter,
    previousChunks: (path: string) => number | undefined,
    beforeCommit: (isFirst: boolean) => Promise<void>,
  ) {
    this.#store = store;
    this.#meter = meter;
    this.#previousChunks = previousChunks;
    this.#beforeCommit = beforeCommit;
  }

  async add(file: EmbeddedFile): Promise<void> {
    const { record, chunks } = file;
    const previousChunks = this.#previousChunks(record.path);
    if (chunks === undefined && previousChunks !== undefined) this.#batch.refreshed.push(record);
    else this.#batch.replaced.push({ file: record, chunks: chunks ?? [], previousChunks });
    this.#meter.prepared(file);
    await this.#commitIfFull(Math.max(1, chunks?.length ?? 0));
  }

  async remove(path: string): Promise<void> {
    this.#batch.removed.push(path);
    await this.#commitIfFull(1);
  }

  /** Commits what is left and waits until everything is written. */
  async flush(): Promise<void> {
    await this.#startCommit();
    await this.#writing;
  }

  async #commitIfFull(rows: number): Promise<void> {
    this.#batch.rows += rows;
    const age = performance.now() - this.#batch.since;
    if (this.#batch.rows >= ROWS_PER_COMMIT || age >= MS_PER_COMMIT) await this.#startCommit();
  }

  /** Waits for the commit before, then starts this one without waiting for it. */
  async #startCommit(): Promise<void> {
    await this.#writing;
    const batch = this.#batch;
    this.#batch = emptyBatch();
    if (batch.rows === 0) return;
    this.#writing = this.#write(batch);
    // An error surfaces at the next commit or flush; until then it must not count as unhandled.
    this.#writing.catch(() => undefined);
  }

  async #write(batch: ReturnType<typeof emptyBatch>): Promise<void> {
    await this.#beforeCommit(!this.#begun);
    this.#begun = true;
    await this.#store.commit(batch);
    const chunks = batch.replaced.reduce((sum, file) => sum + file.chunks.length, 0);
    this.#meter.committed(chunks, batch.removed.length);
  }
}

function emptyBatch() {
  return {
    replaced: [] as FileReplacement[],
    refreshed: [] as FileRecord[],
    removed: [] as string[],
    rows: 0,
    since: performance.now(),
  };
}
