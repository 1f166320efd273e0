import { ResonaError } from "@resona/core";
import { expect, test } from "vitest";

import { diagnostics, hit, stats, summary } from "../testing/fake-context.ts";
import { errorDocument, indexDocument, searchDocument, statsDocument } from "./json.ts";

const parse = (text: string): unknown => {
  expect(text.endsWith("}\n")).toBe(true);
  return JSON.parse(text);
};
const summaryFields = {
  status: "completed",
  filesFound: 3,
  filesUnchanged: 1,
  filesIndexed: 2,
  filesRemoved: 0,
  filesInIndex: 3,
  chunksWritten: 5,
  reusedEmbeddings: 0,
  batchesProcessed: 1,
  collectionCount: 7,
  truncatedChunks: 0,
  oversizedChunks: 0,
  maxTokens: null,
  skipped: {},
  filesFailed: 0,
  failures: [],
  bytesRead: 1_500,
  commitsIndexed: null,
  durationMs: 420,
  peakRssBytes: 123_000_000,
};

test("the document of a search holds the hits and how the index was refreshed", () => {
  const odd = { ...hit, path: "a\n😀.ts" };
  const text = searchDocument(
    { query: "q", hits: [odd], indexComplete: true, durationMs: 7 },
    { kind: "done", summary },
    "/w",
  );
  expect(parse(text)).toEqual({
    schema: 1,
    command: "search",
    workspace: "/w",
    query: "q",
    hits: [{ ...odd, lastCommit: null }],
    indexComplete: true,
    durationMs: 7,
    refresh: summaryFields,
  });
});

test("a search that refreshed nothing, or in vain, says so", () => {
  const result = { query: "q", hits: [], indexComplete: true, durationMs: 7 };
  expect(parse(searchDocument(result, { kind: "not-asked" }, "/w"))).toMatchObject({ refresh: null });
  const error = new ResonaError("INDEX_LOCKED", "Locked.", "Wait.");
  expect(parse(searchDocument(result, { kind: "failed", error }, "/w"))).toMatchObject({
    refresh: { error: { code: "INDEX_LOCKED", message: "Locked.", nextStep: "Wait." } },
  });
});

test("a hit has its explanation only if it was asked for", () => {
  const explanation = { features: { vector: 0.5 }, pathFactor: 1 };
  const text = searchDocument(
    { query: "q", hits: [{ ...hit, explanation }, hit], indexComplete: true, durationMs: 7 },
    { kind: "not-asked" },
    "/w",
  );
  expect(parse(text)).toMatchObject({ hits: [{ ...hit, explanation }, hit] });
  expect(text.match(/explanation/g)).toHaveLength(1);
});

test("what the engine adds to its results does not leak into the documents", () => {
  const extra = { secret: 1 };
  const texts = [
    indexDocument({ ...summary, ...extra }, { workspace: "/w", indexPath: "/i" }),
    searchDocument(
      { query: "q", hits: [{ ...hit, ...extra }], indexComplete: true, durationMs: 1, ...extra },
      { kind: "not-asked" },
      "/w",
    ),
    statsDocument({ ...stats, ...extra }, { ...diagnostics, ...extra }),
  ];
  for (const text of texts) expect(text).not.toContain("secret");
});

test("the document of an indexing run is its summary with the place of the index", () => {
  const place = { workspace: "/w", indexPath: "/w/.resona" };
  const fields = { schema: 1, command: "index", ...place, ...summaryFields };
  expect(parse(indexDocument(summary, place))).toEqual(fields);
  const more = { maxTokens: 512, commitsIndexed: 3 };
  expect(parse(indexDocument({ ...summary, ...more }, place))).toEqual({ ...fields, ...more });
});

test("the document of the statistics has every field, null for what there is not", () => {
  const nothing = { lastIndexedAt: null, modelName: null, modelPath: null, commits: null, reclaimableBytes: null };
  const fields = { schema: 1, command: "stats", ...stats, ...nothing, findings: [] };
  expect(parse(statsDocument(stats, { findings: [] }))).toEqual(fields);
  const model = { modelName: "nomic", modelPath: "/m/nomic.gguf", commits: 7 };
  expect(parse(statsDocument({ ...stats, ...model }, diagnostics))).toMatchObject({
    ...model,
    reclaimableBytes: 2_345_678,
  });
});

test("the document of an error is its code, its message and the next step", () => {
  expect(parse(errorDocument({ code: "USAGE", message: "No.", nextStep: "Look." }))).toEqual({
    schema: 1,
    error: { code: "USAGE", message: "No.", nextStep: "Look." },
  });
});
