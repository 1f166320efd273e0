import { loadKnownFiles } from "../changes/known-files.ts";
import type { Chunker } from "../chunk/chunker.ts";
import { countFiles, discoverFiles } from "../discover/discover-files.ts";
import type { Embedder } from "../embed/embedder.ts";
import type { IndexEvent } from "../model/progress.ts";
import type { ResolvedOptions } from "../options/options.ts";
import type { IndexStore } from "../store/index-store.ts";
import { concurrentMap } from "../support/concurrent-map.ts";
import { ChunkEmbedder } from "./chunk-embedder.ts";
import { type CommitHooks, CommitQueue } from "./commit-queue.ts";
import { embedFiles } from "./embed-files.ts";
import { type FileChange, changeOf, commitBatch, removal, settle } from "./file-changes.ts";
import { groupByChunks } from "./group-by-chunks.ts";
import { failedFile, prepareFile } from "./prepare-file.ts";
import { ProgressMeter, type RunCounts } from "./progress-meter.ts";

/** Enough for the threads of a model to have work while one group is gathered and another committed. */
const GROUPS_IN_FLIGHT = 4;

export interface IndexingStages {
  /** Closed when the run ends, however it ends. */
  readonly chunker: Chunker;
  readonly embedder: Embedder;
  readonly store: IndexStore;
}

export interface IndexingRun {
  readonly workspace: string;
  readonly options: ResolvedOptions;
  /** Aborting stops the run after what is embedded has been committed. */
  readonly signal: AbortSignal;
  readonly onEvent: (event: IndexEvent) => void;
}

export interface IndexingCounts extends RunCounts {
  readonly batchesProcessed: number;
  readonly reusedEmbeddings: number;
  readonly interrupted: boolean;
}

/**
 * Brings the index up to date: discover → compare → read and chunk → embed in groups → commit → maintain. Every stage
 * takes only as much as the next one wants, so memory is the sum of the bounds, whatever the size of the workspace: files
 * being read and chunked, groups of chunks being embedded, one commit being gathered and one being written.
 */
export async function indexWorkspace(
  stages: IndexingStages,
  hooks: CommitHooks,
  run: IndexingRun,
): Promise<IndexingCounts> {
  const { workspace, options, signal } = run;
  const { maxFileBytes, index: indexPath } = options;
  const discovery = { maxFileBytes, indexPath, onNotice: run.onEvent };
  const meter = new ProgressMeter(run.onEvent, await countFiles(workspace, discovery));
  const known = await loadKnownFiles(stages.store.files());
  const previousChunks = (path: string) => (known.has(path) ? (known.settled(path)?.chunkCount ?? 0) : undefined);
  const commit = async (changes: readonly FileChange[]) => {
    const batch = commitBatch(changes);
    await stages.store.commit(batch);
    settle(changes);
    const chunks = batch.replaced.reduce((sum, file) => sum + file.chunks.length, 0);
    meter.committed(chunks, batch.removed.length);
  };
  const queue = new CommitQueue<FileChange>(hooks, commit, () => meter.shareDone());

  const unreadableFolders: string[] = [];

  async function* changedFiles() {
    for await (const file of discoverFiles(workspace, discovery)) {
      if (signal.aborted) return;
      if (file.kind === "skipped" && file.reason === "unreadable") unreadableFolders.push(`${file.path}/`);
      const status = known.classify(file);
      meter.found(status === "unchanged");
      if (status !== "unchanged") yield file;
    }
    meter.foundAll();
  }
  const context = { workspace, options, known, chunker: stages.chunker, signal };
  const prepared = concurrentMap(changedFiles(), options.maxConcurrentFiles, (file) => prepareFile(file, context));
  const embedder = new ChunkEmbedder(stages.embedder, stages.store);
  const embedded = concurrentMap(groupByChunks(prepared), GROUPS_IN_FLIGHT, (group) =>
    embedFiles(group, embedder, signal, ({ job, record }, failure) => ({
      job,
      ...failedFile(record, known, failure),
      chunks: undefined,
    })),
  );

  try {
    for await (const group of embedded)
      for (const file of group) {
        meter.prepared(file);
        await queue.add(changeOf(file, previousChunks(file.record.path)));
      }
    // What was not seen is gone only if everything was looked at, and could be.
    const isGone = (path: string) => !unreadableFolders.some((folder) => path.startsWith(folder));
    if (!signal.aborted) for (const path of known.removed()) if (isGone(path)) await queue.add(removal(path));
  } catch (error) {
    // Stopped within a group; the files before it are committed, the next run does it and the rest.
    if (!signal.aborted || error !== signal.reason) throw error;
  } finally {
    // Parsing is over: its threads hold a hundred megabytes that maintenance can use.
    await stages.chunker.close();
    await queue.flush();
  }
  const interrupted = signal.aborted;
  await hooks.afterLastCommit(!interrupted);
  if (!interrupted) {
    meter.report("optimizing");
    await hooks.maintainIfNeeded();
  }
  return { interrupted, batchesProcessed: queue.totals.batches, reusedEmbeddings: embedder.reused, ...meter.counts() };
}
