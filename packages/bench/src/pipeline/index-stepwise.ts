import type { EngineOptions } from "@resona/core";

import { importCoreInternals } from "../core-internals.ts";

/** What of an indexing run took how many milliseconds. */
export interface StageTimes {
  readonly parse: number;
  readonly embed: number;
  readonly commit: number;
  readonly maintain: number;
}

export interface StepwiseRun {
  readonly chunks: number;
  readonly stages: StageTimes;
}

/**
 * Indexes a workspace that has no index with the stages of the pipeline strictly one after another: every file is read
 * and chunked, one at a time; then all is embedded, one request at a time; then all is committed.
 *
 * @param requests what is embedded together: each file alone, or files as the pipeline puts them together.
 */
export async function indexStepwise(
  workspace: string,
  given: EngineOptions,
  requests: "a file each" | "groups",
): Promise<StepwiseRun> {
  const core = await importCoreInternals(
    "changes/known-files",
    "chunk/create-chunker",
    "diagnostics/remedies",
    "discover/discover-files",
    "index-handle",
    "indexing/chunk-embedder",
    "indexing/commit-queue",
    "indexing/embed-files",
    "indexing/file-changes",
    "indexing/group-by-chunks",
    "indexing/prepare-file",
    "options/resolve-options",
    "store/index-store",
  );
  const options = core.resolveOptions(given, workspace);
  const kind = {
    contents: "workspace",
    remedies: core.workspaceRemedies,
    open: (folder: string, dimension: number) => core.IndexStore.open(folder, dimension),
    create: (folder: string, dimension: number) => core.IndexStore.create(folder, dimension),
    repair: () => Promise.resolve(0),
  } as const;
  const index = new core.IndexHandle(kind, given, options, workspace);
  try {
    return await index.write({ onEvent: () => undefined }, async ({ store, embedder, records, ...hooks }) => {
      const { signal } = new AbortController();
      const clock = stopwatch();

      const known = await core.loadKnownFiles(store.files());
      const chunker = core.createChunker({ ...options, ...records });
      const context = { workspace, options, known, chunker, signal };
      const prepared: NonNullable<Awaited<ReturnType<typeof core.prepareFile>>>[] = [];
      const discovery = { maxFileBytes: options.maxFileBytes, indexPath: options.index };
      for await (const file of core.discoverFiles(workspace, discovery)) {
        const read = await core.prepareFile(file, context);
        if (read) prepared.push(read);
      }
      await chunker.close();
      const parse = clock();

      // Nothing is stored that could be taken over, and a look for each file would make this way slower.
      const chunkEmbedder = new core.ChunkEmbedder(embedder, { vectorsOf: () => Promise.resolve(new Map()) });
      const groups = requests === "groups" ? core.groupByChunks(streamOf(prepared)) : prepared.map((file) => [file]);
      const embedded: Awaited<ReturnType<typeof core.embedFiles>> = [];
      for await (const group of groups)
        embedded.push(...(await core.embedFiles(group, chunkEmbedder, signal, refuseToFail)));
      const embed = clock();

      const commits = new core.CommitQueue<ReturnType<typeof core.changeOf>>(hooks, async (changes) => {
        await store.commit(core.commitBatch(changes));
        core.settle(changes);
      });
      for (const file of embedded) await commits.add(core.changeOf(file, undefined));
      await commits.flush();
      await hooks.afterLastCommit(true);
      const commit = clock();

      await hooks.maintainIfNeeded();
      return { chunks: commits.totals.records, stages: { parse, embed, commit, maintain: clock() } };
    });
  } finally {
    await index.close();
  }
}

/** Milliseconds since the last call. */
function stopwatch(): () => number {
  let lookedAt = performance.now();
  return () => {
    const before = lookedAt;
    lookedAt = performance.now();
    return lookedAt - before;
  };
}

async function* streamOf<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

function refuseToFail(_: unknown, failure: string): never {
  throw new Error(failure);
}
