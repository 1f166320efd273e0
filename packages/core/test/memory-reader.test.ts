import { describe, expect, it } from "vitest";

import { IndexStore } from "../src/store/index-store.ts";
import type { CandidateChunk, FileReader, EmbeddedChunk, LexicalTerm } from "../src/store/store.ts";
import { type MemoryFile, MemoryReader } from "./memory-reader.ts";
import { temporaryFolder } from "./temp-folder.ts";

const DIMENSION = 8;
const vocabulary = ["rout", "pars", "=addroute", "def:addroute", "größe", "設定", "http", "the", "index"];
const random = randomNumbers(7);

/** Frequent words at the front of the vocabulary, chunks of very different lengths. */
function sampleChunk(n: number): EmbeddedChunk {
  const words = Array.from({ length: 3 + Math.floor(random() * 60) }, () => {
    const at = Math.floor(random() ** 2 * vocabulary.length);
    return vocabulary[at] ?? "";
  });
  const vector = Float32Array.from({ length: DIMENSION }, () => random() - 0.5);
  const norm = Math.hypot(...vector);
  return {
    startLine: n + 1,
    endLine: n + 1,
    kind: "code",
    symbols: [],
    scope: [],
    text: "",
    terms: words.join(" "),
    vector: vector.map((value) => value / norm),
  };
}

const files: MemoryFile[] = Array.from({ length: 12 }, (_, file) => ({
  path: `src/f${file}.${file % 2 === 0 ? "ts" : "go"}`,
  language: file % 2 === 0 ? "typescript" : "go",
  chunks: Array.from({ length: 6 }, (__, n) => sampleChunk(n)),
}));

const queries: LexicalTerm[][] = [
  [{ term: "rout", weight: 1 }],
  [
    { term: "pars", weight: 1 },
    { term: "設定", weight: 1 },
    { term: "absent", weight: 1 },
  ],
  [
    { term: "http", weight: 1 },
    { term: "größe", weight: 0.3 },
    { term: "=addroute", weight: 1 },
    { term: "def:addroute", weight: 2 },
  ],
];

async function storedReader(): Promise<FileReader> {
  const store = await IndexStore.create(await temporaryFolder(), DIMENSION);
  const replaced = files.map(({ path, language, chunks }) => ({
    file: {
      path,
      language,
      hash: "0".repeat(32),
      size: 1,
      mtimeMs: 1,
      chunkCount: chunks.length,
      outcome: { kind: "indexed" } as const,
    },
    chunks,
    previousChunks: undefined,
  }));
  await store.commit({ replaced, refreshed: [], removed: [] });
  for (const table of store.tables) for (const index of table.wantedIndexes) await table.createIndex(index);
  return store;
}

const scoresOf = (found: readonly CandidateChunk[]) => new Map(found.map(({ id, lexicalScore }) => [id, lexicalScore]));

describe("the store and its oracle", () => {
  it("agree on the BM25 scores of every chunk", async () => {
    const [stored, oracle] = [await storedReader(), new MemoryReader(files)];
    for (const terms of queries) {
      const expected = scoresOf(await oracle.searchTerms(terms, 1_000));
      const actual = scoresOf(await stored.searchTerms(terms, 1_000));
      expect([...actual.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
      for (const [id, score] of expected) expect(actual.get(id)).toBeCloseTo(score ?? Number.NaN, 3);
    }
  });

  it("agree on the nearest chunks, their order and their vectors", async () => {
    const [stored, oracle] = [await storedReader(), new MemoryReader(files)];
    const query = files[3]?.chunks[2]?.vector ?? new Float32Array(DIMENSION);
    const [expected, actual] = [await oracle.searchVector(query, 10), await stored.searchVector(query, 10)];
    expect(actual.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    for (const [n, { vector }] of actual.entries())
      for (const [i, value] of vector.entries()) expect(value).toBeCloseTo(expected[n]?.vector[i] ?? Number.NaN, 2);
  });

  it("agree on what filters leave", async () => {
    const [stored, oracle] = [await storedReader(), new MemoryReader(files)];
    const filters = [
      { languages: ["go"] },
      { baseIds: ["src/f1.go", "src/f2.ts"] },
      { languages: ["go"], baseIds: ["src/f2.ts"] },
    ];
    const ids = (found: readonly CandidateChunk[]) => found.map(({ id }) => id).toSorted();
    for (const filter of filters) {
      const terms = queries[0] ?? [];
      expect(ids(await stored.searchTerms(terms, 1_000, filter))).toEqual(
        ids(await oracle.searchTerms(terms, 1_000, filter)),
      );
    }
  });

  it("list the same paths", async () => {
    const [stored, oracle] = [await storedReader(), new MemoryReader(files)];
    const list = async (reader: FileReader) => (await Array.fromAsync(reader.paths())).flat().toSorted();
    expect(await list(stored)).toEqual(await list(oracle));
  });
});

/** The same numbers in every run (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
