import type { Embedder } from "../embed/embedder.ts";
import type { Chunk } from "../model/chunk.ts";
import type { FileRecord } from "../model/file-record.ts";
import type { IndexStore } from "../store/index-store.ts";
import type { EmbeddedChunk, FileReplacement } from "../store/store.ts";
import { documentTerms } from "../text/identifier-terms.ts";
import type { PreparedFile } from "./prepare-file.ts";
import type { ProgressMeter } from "./progress-meter.ts";

/**
 * A commit holds about this many rows (one file more or less): each makes two LanceDB versions, so fewer are better,
 * and its rows are in memory about four times.
 */
const ROWS_PER_COMMIT = 3_072;
/** What is ready is committed after this time in any case, so that it can be found and survives a kill. */
const MS_PER_COMMIT = 5_000;

/**
 * Gathers prepared files, embeds their chunks, and commits whole files together. One commit is written while the next
 * is gathered; a third waits.
 */
export class CommitQueue {
  readonly #embedder: Embedder;
  readonly #store: IndexStore;
  readonly #meter: ProgressMeter;
  readonly #previousChunks: (path: string) => number | undefined;
  readonly #beforeCommit: (isFirst: boolean) => Promise<void>;
  readonly #signal: AbortSignal;
  #begun = false;
  #writing: Promise<void> = Promise.resolve();
  #batch = emptyBatch();

  constructor(
    stages: { readonly embedder: Embedder; readonly store: IndexStore },
    meter: ProgressMeter,
    previousChunks: (path: string) => number | undefined,
    beforeCommit: (isFirst: boolean) => Promise<void>,
    signal: AbortSignal,
  ) {
    this.#embedder = stages.embedder;
    this.#store = stages.store;
    this.#meter = meter;
    this.#previousChunks = previousChunks;
    this.#beforeCommit = beforeCommit;
    this.#signal = signal;
  }

  /** Rejects with the reason of the signal when it is aborted while the file is embedded; the file is then left out. */
  async add({ record, chunks, ...prepared }: PreparedFile): Promise<void> {
    const previousChunks = this.#previousChunks(record.path);
    if (chunks === undefined && previousChunks !== undefined) this.#batch.refreshed.push(record);
    else {
      const embedded = await this.#embed(record, chunks ?? []);
      this.#batch.replaced.push({ file: record, chunks: embedded, previousChunks });
    }
    this.#meter.prepared({ record, chunks, ...prepared });
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

  async #embed(record: FileRecord, chunks: readonly Chunk[]): Promise<EmbeddedChunk[]> {
    const { path } = record;
    const documents = chunks.map((chunk) => ({ ...chunk, path }));
    const vectors = await this.#embedder.embedDocuments(documents, this.#signal);
    return chunks.map((chunk, n) => {
      const vector = vectors[n];
      if (!vector) throw new RangeError(`The embedder gave ${vectors.length} vectors for ${chunks.length} chunks.`);
      return { ...chunk, terms: documentTerms({ ...chunk, path }), vector };
    });
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
