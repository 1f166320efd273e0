import { loadKnownFiles } from "../changes/known-files.ts";
import type { Chunker } from "../chunk/chunker.ts";
import { countFiles, discoverFiles } from "../discover/discover-files.ts";
import { openWorkspace } from "../discover/workspace.ts";
import type { Embedder } from "../embed/embedder.ts";
import type { IndexEvent } from "../model/progress.ts";
import type { ResolvedOptions } from "../options/options.ts";
import type { IndexStore } from "../store/index-store.ts";
import { concurrentMap } from "../support/concurrent-map.ts";
import { ChunkEmbedder } from "./chunk-embedder.ts";
import { type CommitHooks, CommitQueue } from "./commit-queue.ts";
import { embedFiles } from "./embed-files.ts";
import { type FileChange, changeOf, commitBatch, leavesNothing, removal, settle } from "./file-changes.ts";
import { GROUPS_IN_FLIGHT, groupByChunks } from "./group-by-chunks.ts";
import { failedFile, prepareFile } from "./prepare-file.ts";
import { ProgressMeter, type RunCounts } from "./progress-meter.ts";

/** To count all files takes longer than to do fewer changes than these. */
const CHANGES_WORTH_COUNTING = 64;

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
  const { maxFileBytes, exclude, index: indexPath } = options;
  const discovery = { maxFileBytes, indexPath, exclude, onNotice: run.onEvent };
  const known = await loadKnownFiles(stages.store.files());
  const meter = new ProgressMeter(run.onEvent, known.size);
  const previousChunks = (path: string) => (known.has(path) ? (known.settled(path)?.chunkCount ?? 0) : undefined);
  const commit = async (changes: readonly FileChange[]) => {
    const batch = commitBatch(changes);
    await stages.store.commit(batch);
    settle(changes);
    const chunks = batch.replaced.reduce((sum, file) => sum + file.chunks.length, 0);
    const gone = changes.filter((change) => leavesNothing(change) && known.isIndexed(change.source));
    meter.committed(chunks, gone.length);
  };
  const queue = new CommitQueue<FileChange>(hooks, commit, () => meter.shareDone());

  const unreadableFolders: string[] = [];
  const countAt = known.size === 0 ? 1 : CHANGES_WORTH_COUNTING;
  let changes = 0;
  const stopCounting = new AbortController();
  let counted: Promise<void> | undefined;
  // Beside the work, which need not wait for it. What keeps them from being counted keeps them from being found as well.
  const count = async () => {
    await countFiles(workspace, { ...discovery, onNotice: undefined, signal: stopCounting.signal }).then(
      (files) => meter.expect(files),
      () => undefined,
    );
  };

  async function* changedFiles() {
    for await (const file of discoverFiles(workspace, discovery)) {
      if (signal.aborted) return;
      if (file.kind === "skipped" && file.reason === "unreadable") unreadableFolders.push(`${file.path}/`);
      const status = known.classify(file);
      meter.found(status === "unchanged");
      if (status === "unchanged") continue;
      if (++changes === countAt) counted = count();
      yield file;
    }
    meter.foundAll();
  }
  const context = { workspace, options, known, chunker: stages.chunker, signal };
  const read = concurrentMap(changedFiles(), options.maxConcurrentFiles, async (file) => {
    const prepared = await prepareFile(file, context);
    if (prepared === undefined) {
      known.missed(file.path);
      meter.vanished();
    }
    return prepared;
  });
  const embedder = new ChunkEmbedder(stages.embedder, stages.store, run.onEvent);
  const embedded = concurrentMap(groupByChunks(defined(read)), GROUPS_IN_FLIGHT, (group) =>
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
        if (file.isRecorded !== true) await queue.add(changeOf(file, previousChunks(file.record.path)));
      }
    // What was not seen is gone only if everything was looked at, and could be.
    const isGone = (path: string) => !unreadableFolders.some((folder) => path.startsWith(folder));
    // Nor is anything of a workspace that has vanished under the run.
    if (!signal.aborted) {
      await openWorkspace(workspace, indexPath);
      for (const path of known.removed()) if (isGone(path)) await queue.add(removal(path));
    }
  } catch (error) {
    // Stopped within a group; the files before it are committed, the next run does it and the rest.
    if (!signal.aborted || error !== signal.reason) throw error;
  } finally {
    stopCounting.abort();
    await counted;
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

async function* defined<T>(items: AsyncIterable<T | undefined>): AsyncGenerator<T> {
  for await (const item of items) if (item !== undefined) yield item;
}
