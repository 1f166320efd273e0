import { readdir, rm, utimes } from "node:fs/promises";
import { join } from "node:path";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { temporaryFolder } from "../../test/temp-folder.ts";
import type { FileRecord } from "../model/file-record.ts";
import { writeManifest } from "./index-folder.ts";
import { IndexStore } from "./index-store.ts";
import { schemaVersion } from "./schema.ts";
import type { EmbeddedChunk, FileReplacement } from "./store.ts";

const DIMENSION = 8;

function unit(direction: number): Float32Array {
  const vector = new Float32Array(DIMENSION);
  vector[direction % DIMENSION] = 1;
  return vector;
}

function chunk(n: number, words: string, direction = n): EmbeddedChunk {
  const lines = { startLine: n * 10 + 1, endLine: n * 10 + 10 };
  return { ...lines, kind: "code", symbols: [`s${n}`], scope: [], text: words, terms: words, vector: unit(direction) };
}

function record(path: string, version: number, chunkCount: number): FileRecord {
  const hash = version.toString(16).padStart(32, "0");
  const times = { size: version, mtimeMs: version + 0.5 };
  return { path, hash, ...times, language: "go", chunkCount, outcome: { kind: "indexed" } };
}

function replacement(path: string, version: number, chunks: EmbeddedChunk[], previousChunks?: number): FileReplacement {
  return { file: record(path, version, chunks.length), chunks, previousChunks };
}

const only = (...replaced: FileReplacement[]) => ({ replaced, refreshed: [], removed: [] });

async function newStore(): Promise<{ store: IndexStore; folder: string }> {
  const folder = await temporaryFolder();
  return { store: await IndexStore.create(folder, DIMENSION), folder };
}

async function indexAndCompact(store: IndexStore): Promise<void> {
  for (const table of store.tables) {
    for (const index of table.wantedIndexes) await table.createIndex(index);
    await table.optimize(new Date(0));
  }
}

async function fileList(store: IndexStore): Promise<FileRecord[]> {
  return (await Array.fromAsync(store.files())).flat().toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function chunkIds(store: IndexStore): Promise<string[]> {
  const found = await store.searchTerms([{ term: "every", weight: 1 }], 10_000);
  return found.map(({ id }) => id).toSorted();
}

describe("IndexStore", () => {
  it("gives back what was committed, also after it is opened again", async () => {
    const { store, folder } = await newStore();
    const odd = `a 'quoted' "name"\n\\ 🦜.go`;
    const skipped: FileRecord = { ...record("b.png", 2, 0), outcome: { kind: "skipped", reason: "binary" } };
    const failed: FileRecord = { ...record("c.go", 3, 0), outcome: { kind: "failed", message: "no luck" } };
    await store.commit(
      only(
        replacement(odd, 1, [chunk(0, "every alpha"), chunk(1, "every beta")]),
        { file: skipped, chunks: [], previousChunks: undefined },
        { file: failed, chunks: [], previousChunks: undefined },
      ),
    );
    store.close();
    const reopened = await IndexStore.open(folder, DIMENSION);
    expect(await fileList(reopened)).toEqual([record(odd, 1, 2), skipped, failed]);
    expect((await Array.fromAsync(reopened.paths())).flat()).toEqual([odd]);
    const [hit] = await reopened.searchTerms([{ term: "beta", weight: 1 }], 5);
    expect(hit).toMatchObject({
      id: `${odd}#1`,
      baseId: odd,
      startLine: 11,
      endLine: 20,
      symbols: ["s1"],
      chunkCount: 2,
    });
    expect([...(hit?.vector ?? [])]).toEqual([...unit(1)]);
    reopened.close();
  });

  it("replaces a file as a whole when it grows, shrinks or loses all chunks", async () => {
    const { store } = await newStore();
    const many = (count: number) => Array.from({ length: count }, (_, n) => chunk(n, `every v${count}`));
    await store.commit(only(replacement("a.go", 1, many(3)), replacement("b.go", 1, many(2))));
    await store.commit(only(replacement("a.go", 2, many(5), 3)));
    expect(await chunkIds(store)).toEqual(["a.go#0", "a.go#1", "a.go#2", "a.go#3", "a.go#4", "b.go#0", "b.go#1"]);
    await store.commit(only(replacement("a.go", 3, many(1), 5)));
    expect(await chunkIds(store)).toEqual(["a.go#0", "b.go#0", "b.go#1"]);
    await store.commit(only(replacement("b.go", 4, [], 2)));
    expect(await chunkIds(store)).toEqual(["a.go#0"]);
    await store.commit({ replaced: [], refreshed: [], removed: ["a.go"] });
    expect(await chunkIds(store)).toEqual([]);
    expect((await fileList(store)).map(({ path }) => path)).toEqual(["b.go"]);
    store.close();
  });

  it("refreshes a record without touching its chunks", async () => {
    const { store } = await newStore();
    await store.commit(only(replacement("a.go", 1, [chunk(0, "every")])));
    const refreshed = { ...record("a.go", 1, 1), mtimeMs: 99 };
    await store.commit({ replaced: [], refreshed: [refreshed], removed: [] });
    expect(await fileList(store)).toEqual([refreshed]);
    expect(await chunkIds(store)).toEqual(["a.go#0"]);
    store.close();
  });

  it("refuses a vector of another length, which LanceDB would cut or fill", async () => {
    const { store } = await newStore();
    const wrong = { ...chunk(0, "every"), vector: new Float32Array(DIMENSION - 1) };
    await expect(store.commit(only(replacement("a.go", 1, [wrong])))).rejects.toThrow("7 dimensions, not 8");
    expect(await fileList(store)).toEqual([]);
    store.close();
  });

  it("refuses two versions of one file in a batch, which LanceDB would both insert", async () => {
    const { store } = await newStore();
    const twice = only(replacement("a.go", 1, [chunk(0, "every")]), replacement("a.go", 2, [chunk(0, "every")]));
    await expect(store.commit(twice)).rejects.toThrow("a.go twice");
    expect(await chunkIds(store)).toEqual([]);
    store.close();
  });

  it("finds words by weight and vectors by direction, restricted by path and language", async () => {
    const { store } = await newStore();
    await store.commit(
      only(
        replacement("a.go", 1, [chunk(0, "every retry backoff")]),
        replacement("b.go", 1, [chunk(1, "every retry")]),
        replacement("c.go", 1, [chunk(2, "every upload")]),
      ),
    );
    const paths = (found: { baseId: string }[]) => found.map(({ baseId }) => baseId);
    const upload = { term: "upload", weight: 0.01 };
    expect(paths(await store.searchTerms([{ term: "backoff", weight: 1 }, upload], 5))).toEqual(["a.go", "c.go"]);
    expect(paths(await store.searchTerms([{ term: "retry", weight: 1 }], 5, { baseIds: ["b.go"] }))).toEqual(["b.go"]);
    expect(await store.searchTerms([{ term: "retry", weight: 1 }], 5, { languages: ["rust"] })).toEqual([]);
    expect(paths(await store.searchVector(unit(1), 1))).toEqual(["b.go"]);
    expect(paths(await store.searchVector(unit(1), 1, { baseIds: ["a.go"] }))).toEqual(["a.go"]);
    expect(await store.searchVector(new Float32Array(DIMENSION), 5)).toEqual([]);
    expect(await store.searchTerms([], 5)).toEqual([]);
    store.close();
  });

  it("answers the same before and after its indexes are made, and finds rows added later", async () => {
    const { store } = await newStore();
    await store.commit(only(replacement("a.go", 1, [chunk(0, "every retry")])));
    await indexAndCompact(store);
    await store.commit(only(replacement("b.go", 1, [chunk(1, "every late")])));
    expect(await chunkIds(store)).toEqual(["a.go#0", "b.go#0"]);
    const state = await store.tables[0]?.state();
    expect(state?.rows).toBe(2);
    expect(state?.indexes.map(({ column }) => column).toSorted()).toEqual(["base_id", "id", "language", "terms"]);
    for (const index of state?.indexes ?? []) expect(index).toMatchObject({ indexedRows: 1, unindexedRows: 1 });
    store.close();
  });

  it("finds vectors by their keys among any number of them, whatever they are asked for with", async () => {
    const { store } = await newStore();
    const keyed = (n: number, vectorKey: string) => ({ ...chunk(n, "w"), vectorKey });
    await store.commit(only(replacement("a", 1, [keyed(1, "one"), keyed(2, "two"), chunk(3, "no key")])));
    await store.commit(only(replacement("b", 1, [keyed(1, "one")])));
    const others = Array.from({ length: 12_000 }, (_, n) => `'other' ${n}`);
    const vectors = await store.vectorsOf(["two", ...others, "one"]);
    expect([...vectors].toSorted(([a], [b]) => a.localeCompare(b))).toEqual([
      ["one", unit(1)],
      ["two", unit(2)],
    ]);
    expect((await store.vectorsOf([])).size).toBe(0);
    store.close();
  });

  it("forgets files whose chunks and record disagree, as a crash between two commits leaves them", async () => {
    const { store, folder } = await newStore();
    await store.commit(only(replacement("whole.go", 1, [chunk(0, "every")])));
    await store.commit(only(replacement("lost-record.go", 1, [chunk(0, "every")])));
    await store.commit(only(replacement("old-tail.go", 1, [chunk(0, "every"), chunk(1, "every")])));
    await store.commit(only(replacement("lost-chunks.go", 1, [chunk(0, "every")])));
    // What each crash would leave: commits that only half happened, made by telling the store a wrong past.
    await store.commit(only(replacement("old-tail.go", 2, [chunk(0, "every")], 1)));
    const raw = await IndexStore.open(folder, DIMENSION);
    await raw.commit(only(replacement("lost-chunks.go", 1, [], 1)));
    await raw.commit({ replaced: [], refreshed: [record("lost-chunks.go", 1, 1)], removed: [] });
    await raw.commit({ replaced: [], refreshed: [record("lost-record.go", 9, 1)], removed: [] });
    raw.close();
    expect(await store.repair()).toBe(3);
    expect((await fileList(store)).map(({ path }) => path)).toEqual(["whole.go"]);
    expect(await chunkIds(store)).toEqual(["whole.go#0"]);
    expect(await store.repair()).toBe(0);
    store.close();
  });

  it("hides leftovers of a longer former version while a writer is at work or after it crashed", async () => {
    const { store, folder } = await newStore();
    await store.commit(only(replacement("a.go", 1, [chunk(0, "every"), chunk(1, "every")])));
    await store.commit(only(replacement("a.go", 2, [chunk(0, "every")], 1)));
    const manifest = {
      format: "resona-index",
      schemaVersion,
      contents: "workspace",
      fingerprint: {},
      workspace: "/w",
    } as const;
    await writeManifest(folder, { ...manifest, state: "writing" });
    expect(await chunkIds(store)).toEqual(["a.go#0"]);
    // For a moment after the run, a reader may still stand on a version from within it.
    await writeManifest(folder, { ...manifest, state: "clean" });
    expect(await chunkIds(store)).toEqual(["a.go#0"]);
    await utimes(join(folder, "index.json"), 0, 0);
    expect(await chunkIds(store)).toEqual(["a.go#0", "a.go#1"]);
    store.close();
  });

  it("reports a lost data file as damage, with the next step", async () => {
    const { store, folder } = await newStore();
    await store.commit(only(replacement("a.go", 1, [chunk(0, "every")])));
    store.close();
    for (const name of await readdir(join(folder, "chunks.lance/data")))
      await rm(join(folder, "chunks.lance/data", name));
    const reopened = await IndexStore.open(folder, DIMENSION);
    await expect(chunkIds(reopened)).rejects.toMatchObject({
      code: "INDEX_DAMAGED",
      nextStep: expect.stringMatching(/--rebuild/) as string,
    });
    reopened.close();
  });

  it("holds exactly the files of a plain map after any sequence of commits", async () => {
    const step = fc.record({
      path: fc.constantFrom("a.go", "b's.go", "c/d.go"),
      chunks: fc.integer({ min: 0, max: 4 }),
      remove: fc.boolean(),
      optimize: fc.boolean(),
    });
    const run = async (steps: { path: string; chunks: number; remove: boolean; optimize: boolean }[]) => {
      const { store } = await newStore();
      const model = new Map<string, number>();
      for (const [version, { path, chunks, remove, optimize }] of steps.entries()) {
        const previous = model.get(path);
        if (remove && previous !== undefined) {
          await store.commit({ replaced: [], refreshed: [], removed: [path] });
          model.delete(path);
        } else {
          const rows = Array.from({ length: chunks }, (_, n) => chunk(n, "every"));
          await store.commit(only(replacement(path, version, rows, previous)));
          model.set(path, chunks);
        }
        if (optimize) await indexAndCompact(store);
      }
      const expected = [...model].flatMap(([path, count]) => Array.from({ length: count }, (_, n) => `${path}#${n}`));
      expect(await chunkIds(store)).toEqual(expected.toSorted());
      expect((await fileList(store)).map(({ path }) => path)).toEqual([...model.keys()].toSorted());
      expect(await store.repair()).toBe(0);
      store.close();
    };
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 12 }), run), { numRuns: 15 });
  });
});
