import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { createChunker } from "../src/chunk/create-chunker.ts";
import type { Embedder } from "../src/embed/embedder.ts";
import { resonaError } from "../src/errors.ts";
import { indexWorkspace } from "../src/indexing/index-workspace.ts";
import type { FileRecord } from "../src/model/file-record.ts";
import { resolveOptions } from "../src/options/resolve-options.ts";
import { IndexStore } from "../src/store/index-store.ts";
import { createHashEmbedder } from "./hash-embedder.ts";
import { temporaryFolder } from "./temp-folder.ts";

const FILES = 40;

/** The file at which embedding stops. */
const STOP = "f20.txt";

/** More than half a group of chunks, so that each file is embedded alone. */
function text(n: number): string {
  return Array.from({ length: 480 }, (_, line) => `job number ${n}, line ${line} of it, is done\n`).join("");
}

/** Embeds everything but one file, which never ends unless it is told to stop. */
function stuckEmbedder(onStuck: () => void): Embedder {
  const hashing = createHashEmbedder();
  return {
    ...hashing,
    async embedDocuments(documents, signal) {
      signal?.throwIfAborted();
      if (documents.every(({ path }) => path !== STOP)) return hashing.embedDocuments(documents);
      const { promise, reject } = Promise.withResolvers<never>();
      signal?.addEventListener("abort", () => reject(signal.reason));
      onStuck();
      return promise;
    },
  };
}

async function run(embedder: Embedder, controller: AbortController) {
  const workspace = await temporaryFolder();
  for (let n = 10; n < 10 + FILES; n++) await writeFile(join(workspace, `f${n}.txt`), text(n));
  const store = await IndexStore.create(join(await temporaryFolder(), "index"), embedder.dimension);
  const options = resolveOptions({}, workspace, {});
  const complete: boolean[] = [];
  const counts = indexWorkspace(
    { chunker: createChunker({ ...options, chunkChars: 200 }), embedder, store },
    {
      beforeCommit: async () => undefined,
      afterCommit: async () => undefined,
      afterLastCommit: async (isComplete) => void complete.push(isComplete),
      maintainIfNeeded: async () => undefined,
    },
    { workspace, options, signal: controller.signal, onEvent: () => undefined },
  );
  return { counts, store, complete };
}

async function paths(store: IndexStore): Promise<string[]> {
  const records: FileRecord[] = [];
  for await (const batch of store.files()) records.push(...batch);
  return records.map(({ path }) => path).toSorted();
}

/** Those that come before it, and those that are embedded at the same time. */
const embedded = Array.from({ length: 14 }, (_, n) => `f${10 + n}.txt`).filter((path) => path !== STOP);

it("a run stopped in the middle of embedding a file commits what is embedded, and no part of that file", async () => {
  const controller = new AbortController();
  // Not at once: the files before it are to be taken first.
  const stop = () => setTimeout(() => controller.abort(), 500);
  const { counts, store, complete } = await run(stuckEmbedder(stop), controller);
  const { chunksWritten, ...others } = await counts;
  expect(others).toMatchObject({ interrupted: true, filesIndexed: embedded.length, filesRemoved: 0 });
  expect(chunksWritten).toBeGreaterThan(embedded.length * 64);
  expect(complete).toEqual([false]);
  expect(await paths(store)).toEqual(embedded);
  expect(await store.tables[0]?.countRows()).toBe(chunksWritten);
  store.close();
});

it("a file whose text the model cannot take fails alone, and is tried again by the next run", async () => {
  const hashing = createHashEmbedder();
  const embedder: Embedder = {
    ...hashing,
    embedDocuments: async (documents) => {
      if (documents.some(({ path }) => path === STOP)) throw resonaError("MODEL_FAILED", { detail: "it crashed" });
      return hashing.embedDocuments(documents);
    },
  };
  const { counts, store, complete } = await run(embedder, new AbortController());
  expect(await counts).toMatchObject({
    interrupted: false,
    filesIndexed: FILES - 1,
    filesFailed: 1,
    failures: [{ path: STOP, message: expect.stringContaining("it crashed") as string }],
  });
  expect(complete).toEqual([true]);
  const failed = (await Array.fromAsync(store.files())).flat().find(({ path }) => path === STOP);
  expect(failed).toMatchObject({ mtimeMs: Number.NaN, chunkCount: 0, outcome: { kind: "failed" } });
  store.close();
});

it("an embedder that fails ends the run with its error, after what is embedded was committed", async () => {
  const failure = new Error("the model failed");
  const hashing = createHashEmbedder();
  const embedder: Embedder = {
    ...hashing,
    embedDocuments: async (documents) => {
      if (documents.some(({ path }) => path === STOP)) throw failure;
      return hashing.embedDocuments(documents);
    },
  };
  const { counts, store, complete } = await run(embedder, new AbortController());
  await expect(counts).rejects.toBe(failure);
  expect(complete).toEqual([]);
  expect(await paths(store)).toEqual(embedded);
  store.close();
});
