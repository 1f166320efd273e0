import { describe, expect, it } from "vitest";

import { createHashEmbedder } from "../../test/hash-embedder.ts";
import { type SampleFile, memoryIndex } from "../../test/memory-index.ts";
import { ResonaError } from "../errors.ts";
import type { SearchHit } from "../model/search-hit.ts";
import { type SearchOptions, searchWorkspace } from "./search-workspace.ts";

const store = [
  "import { lock } from './lock';",
  "",
  "/** Opens the tables of an index. */",
  "export function openStore(folder) {",
  "  return connect(folder);",
  "}",
];
const files: SampleFile[] = [
  {
    path: "src/store.ts",
    chunks: [{ text: "// licence\n// words" }, { text: store.join("\n"), symbols: ["openStore"] }],
  },
  { path: "src/use-store.ts", text: "openStore(a); openStore(b); openStore(c);" },
  { path: "src/store.test.ts", text: "it('opens', () => openStore('x'));" },
  { path: "docs/store.md", text: "# Store\nCall `openStore` first." },
  { path: "src/lock.py", text: "def lock():\n    wait()", symbols: ["lock"] },
];

async function search(query: string, options?: SearchOptions): Promise<readonly SearchHit[]> {
  const { hits } = await searchWorkspace(query, await memoryIndex(files, createHashEmbedder()), options);
  return hits;
}

const pathsOf = (hits: readonly SearchHit[]) => hits.map(({ path }) => path);
const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => "none",
    (error: unknown) => (error instanceof ResonaError ? error.code : error),
  );

describe("searchWorkspace", () => {
  it("shows the lines that define what is asked for first, at their place in the file", async () => {
    const [hit] = await search("openStore");
    expect(hit).toMatchObject({
      path: "src/store.ts",
      startLine: 3,
      endLine: 8,
      language: "typescript",
      symbols: ["openStore"],
      snippet: store.join("\n"),
    });
    expect(hit).not.toHaveProperty("explanation");
  });

  it("gives each file once, the best first, with falling scores", async () => {
    const hits = await search("openStore");
    expect(new Set(pathsOf(hits)).size).toBe(hits.length);
    const scores = hits.map(({ score }) => score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  it("says which query it answers and how long that took", async () => {
    const result = await searchWorkspace(" lock ", await memoryIndex(files, createHashEmbedder()));
    expect(result.query).toBe(" lock ");
    expect(result.durationMs).toBeGreaterThan(0);
  });

  it("gives as many hits as asked for", async () => {
    expect(await search("openStore", { limit: 2 })).toHaveLength(2);
    for (const limit of [0, -1, 1.5, 101, Number.NaN])
      expect(await problemOf(search("openStore", { limit }))).toBe("OPTION_INVALID");
  });

  it("keeps to the files that the globs match", async () => {
    expect(pathsOf(await search("openStore", { pathGlobs: ["src/", "!*.test.ts"] })).toSorted()).toEqual([
      "src/lock.py",
      "src/store.ts",
      "src/use-store.ts",
    ]);
  });

  it("finds nothing where the globs match no file, and everything where they match all", async () => {
    expect(await search("openStore", { pathGlobs: ["*.rs"] })).toEqual([]);
    expect(await search("openStore", { pathGlobs: ["**"] })).toEqual(await search("openStore"));
  });

  it("keeps to the languages asked for, by name or extension, in any case", async () => {
    expect(pathsOf(await search("openStore", { languages: ["PY", "Markdown"] })).toSorted()).toEqual([
      "docs/store.md",
      "src/lock.py",
    ]);
    expect(await search("openStore", { languages: ["rust"] })).toEqual([]);
  });

  it("explains the scores when asked to", async () => {
    const [hit] = await search("openStore", { explain: true });
    expect(hit?.explanation?.features).toMatchObject({ definition: 1, bestChunk: expect.any(Number) });
    expect(hit?.explanation?.pathFactor).toBe(1);
  });

  it("answers a query without a single word with nothing", async () => {
    expect(await search("?!")).toEqual([]);
  });

  it("refuses an empty query", async () => {
    expect(await problemOf(search("  "))).toBe("QUERY_EMPTY");
  });

  it("stops when it is aborted", async () => {
    const reason = new Error("enough");
    expect(await problemOf(search("openStore", { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });
});
