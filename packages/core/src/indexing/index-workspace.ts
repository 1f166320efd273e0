import { loadKnownFiles } from "../changes/known-files.ts";
import type { Chunker } from "../chunk/chunker.ts";
import { countFiles, discoverFiles } from "../discover/discover-files.ts";
import type { Embedder } from "../embed/embedder.ts";
import type { IndexEvent } from "../model/progress.ts";
import type { ResolvedOptions } from "../options/options.ts";
import type { IndexStore } from "../store/index-store.ts";
import { concurrentMap } from "../support/concurrent-map.ts";
import { CommitQueue } from "./commit-queue.ts";
import { embedFile } from "./embed-file.ts";
import { prepareFile } from "./prepare-file.ts";
import { ProgressMeter, type RunCounts } from "./progress-meter.ts";

/** Files being read, parsed, embedded or waiting for an older one, at a time; with the file size limit it bounds the memory of a run. */
const FILES_IN_FLIGHT = 32;

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
  /** Called before every commit; what it throws ends the run with that batch unwritten. */
  readonly beforeCommit: (isFirst: boolean) => Promise<void>;
  /** Called when all is committed, before maintenance; not if the run failed. */
  readonly afterLastCommit: (isComplete: boolean) => Promise<void>;
  /** No run has been completed yet, so that nobody needs older versions. */
  readonly firstBuild: boolean;
}

export interface IndexingCounts extends RunCounts {
  readonly interrupted: boolean;
}

/**
 * Brings the index up to date: discover → compare → read and chunk → embed → commit → maintain. Every stage takes only
 * as much as the next one wants, so memory is the sum of the bounds, whatever the size of the workspace.
 */
export async function indexWorkspace(stages: IndexingStages, run: IndexingRun): Promise<IndexingCounts> {
  const { workspace, options, signal } = run;
  const { maxFileBytes, index: indexPath } = options;
  const discovery = { maxFileBytes, indexPath, onNotice: run.onEvent };
  const meter = new ProgressMeter(run.onEvent, await countFiles(workspace, discovery));
  const known = await loadKnownFiles(stages.store.files());
  const previousChunks = (path: string) => (known.has(path) ? (known.settled(path)?.chunkCount ?? 0) : undefined);
  const queue = new CommitQueue(stages.store, meter, previousChunks, run.beforeCommit);

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
  const context = { workspace, options, known, chunker: stages.chunker };
  // Several files are embedded at a time, so that all of a model's threads have work.
  const embedded = concurrentMap(changedFiles(), FILES_IN_FLIGHT, async (file) =>
    embedFile(await prepareFile(file, context), stages.embedder, signal),
  );

  try {
    for await (const file of embedded) await queue.add(file);
    // What was not seen is gone only if everything was looked at, and could be.
    const isGone = (path: string) => !unreadableFolders.some((folder) => path.startsWith(folder));
    if (!signal.aborted) for (const path of known.removed()) if (isGone(path)) await queue.remove(path);
  } catch (error) {
    // Embedding stopped in the middle of a file; the files before it are committed, the next run does it and the rest.
    if (!signal.aborted || error !== signal.reason) throw error;
  } finally {
    // Parsing is over: its threads hold a hundred megabytes that maintenance can use.
    await stages.chunker.close();
    await queue.flush();
  }
  const interrupted = signal.aborted;
  await run.afterLastCommit(!interrupted);
  if (!interrupted) {
    meter.report("optimizing");
    await stages.store.optimizeIfDue(run.firstBuild);
  }
  return { interrupted, ...meter.counts() };
}
