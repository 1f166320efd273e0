import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { CandidateChunk } from "../store/store.ts";
import { parseQuery } from "./parse-query.ts";
import { rankFiles } from "./rank.ts";

const east = Float32Array.of(1, 0);
const north = Float32Array.of(0, 1);

function chunk(path: string, about: Partial<CandidateChunk> = {}): CandidateChunk {
  const startLine = about.startLine ?? 1;
  return {
    id: `${path}#${startLine}`,
    baseId: path,
    language: "typescript",
    startLine,
    endLine: startLine + 9,
    kind: "code",
    symbols: [],
    text: "",
    chunkCount: 1,
    vector: north,
    ...about,
  };
}

const pathsFor = (query: string, candidates: readonly CandidateChunk[], vector = east) =>
  rankFiles(parseQuery(query), vector, candidates).map(({ path }) => path);

describe("rankFiles", () => {
  it("puts the definition of a name before its mentions", () => {
    const mention = chunk("a/uses.ts", { lexicalScore: 10 });
    const definition = chunk("b/other.ts", { lexicalScore: 8, symbols: ["createStore"] });
    expect(pathsFor("createStore", [mention, definition])).toEqual(["b/other.ts", "a/uses.ts"]);
  });

  it("prefers the definition that is written like the query", () => {
    const lower = chunk("a.ts", { lexicalScore: 5, symbols: ["router"] });
    const capital = chunk("b.ts", { lexicalScore: 5, symbols: ["Router"] });
    expect(pathsFor("Router", [lower, capital])).toEqual(["b.ts", "a.ts"]);
    expect(pathsFor("router", [capital, lower])).toEqual(["a.ts", "b.ts"]);
  });

  it("finds a definition by the last part of a qualified name", () => {
    const mention = chunk("a.ts", { lexicalScore: 5 });
    const definition = chunk("b.ts", { lexicalScore: 5, symbols: ["Phoenix.Router"] });
    expect(pathsFor("Router", [mention, definition])).toEqual(["b.ts", "a.ts"]);
  });

  it("takes no heading for a definition", () => {
    const heading = chunk("b.ts", { lexicalScore: 5, kind: "section", symbols: ["Router"] });
    const other = chunk("a.ts", { lexicalScore: 5 });
    expect(pathsFor("Router", [heading, other])).toEqual(["a.ts", "b.ts"]);
  });

  it("puts an implementation before its test, unless the query asks for tests", () => {
    const test = chunk("parser.test.ts", { lexicalScore: 10, vector: east });
    const source = chunk("parser.ts", { lexicalScore: 6, vector: east });
    expect(pathsFor("parse numbers", [test, source])).toEqual(["parser.ts", "parser.test.ts"]);
    expect(pathsFor("tests of parsing numbers", [test, source])).toEqual(["parser.test.ts", "parser.ts"]);
  });

  it("prefers a file whose name is in the query", () => {
    const other = chunk("engine.ts", { lexicalScore: 10 });
    const named = chunk("retry.ts", { lexicalScore: 9 });
    expect(pathsFor("when are requests retried", [other, named])).toEqual(["retry.ts", "engine.ts"]);
  });

  it("prefers several good chunks to one", () => {
    const single = chunk("a.ts", { lexicalScore: 10 });
    const several = [1, 11, 21].map((startLine) => chunk("b.ts", { startLine, lexicalScore: 9 }));
    expect(pathsFor("anything", [single, ...several])).toEqual(["b.ts", "a.ts"]);
  });

  it("ranks by meaning what shares no word with the query", () => {
    const near = chunk("b.ts", { vector: east });
    const far = chunk("a.ts", { vector: north });
    expect(pathsFor("anything", [far, near])).toEqual(["b.ts", "a.ts"]);
  });

  it("gives one row a file and shows the chunk that defines what is asked for", () => {
    const [row, ...others] = rankFiles(parseQuery("Store"), east, [
      chunk("a.ts", { lexicalScore: 9 }),
      chunk("a.ts", { startLine: 11, lexicalScore: 5, symbols: ["Store"] }),
      chunk("a.ts", { startLine: 21, lexicalScore: 8, vector: east }),
    ]);
    expect(others).toEqual([]);
    expect(row?.best.startLine).toBe(11);
  });

  it("shows a type rather than its constructor, and for a question the chunk that answers it", () => {
    const type = chunk("a.ts", { lexicalScore: 4, symbols: ["Store"] });
    const constructor = chunk("a.ts", { startLine: 11, lexicalScore: 5, symbols: ["Store"] });
    const other = chunk("a.ts", { startLine: 21, lexicalScore: 9, vector: east });
    const shown = (query: string) => rankFiles(parseQuery(query), east, [other, constructor, type])[0]?.best.startLine;
    expect(shown("Store")).toBe(1);
    expect(shown("how the Store waits for its lock")).toBe(21);
  });

  it("explains its scores: the features' sum times the path's factor", () => {
    const rows = rankFiles(parseQuery("retry"), east, [
      chunk("test/retry.ts", { lexicalScore: 3, vector: east }),
      chunk("a.ts", { lexicalScore: 2 }),
    ]);
    for (const { score, explanation } of rows) {
      const sum = Object.values(explanation.features).reduce((total, value) => total + value, 0);
      expect(score).toBeCloseTo(sum * explanation.pathFactor, 10);
    }
    expect(rows.find(({ path }) => path === "test/retry.ts")?.explanation).toEqual({
      features: { bestChunk: 1, topChunks: 1, definition: 0, nameCoverage: 0.7, nameAsked: 1, size: 0.5, meaning: 2 },
      pathFactor: 0.3,
    });
  });

  it("has no answer without candidates, and finite scores when nothing fits", () => {
    expect(rankFiles(parseQuery("x"), east, [])).toEqual([]);
    const [row] = rankFiles(parseQuery("x"), new Float32Array(2), [chunk("a.ts")]);
    expect(row?.score).toBe(0.5);
  });

  it("gives the same order whatever order the candidates come in", () => {
    const candidate = fc.record({
      baseId: fc.constantFrom("a.ts", "b.ts", "test/c.ts", "d/index.ts"),
      startLine: fc.integer({ min: 1, max: 5 }),
      lexicalScore: fc.constantFrom(0, 1, 2),
      vector: fc.constantFrom(east, north),
    });
    const candidates = fc.uniqueArray(candidate, { selector: ({ baseId, startLine }) => `${baseId}#${startLine}` });
    fc.assert(
      fc.property(candidates, fc.integer(), (abouts, seed) => {
        const chunks = abouts.map(({ baseId, ...about }) => chunk(baseId, about));
        const shuffled = chunks.toSorted((a, b) => hash(a.id, seed) - hash(b.id, seed));
        const shown = (list: readonly CandidateChunk[]) =>
          rankFiles(parseQuery("some d"), east, list).map(({ path, best }) => [path, best.startLine]);
        expect(shown(shuffled)).toEqual(shown(chunks));
      }),
    );
  });
});

function hash(text: string, seed: number): number {
  return Array.from(text).reduce((sum, letter) => Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x01_00_01_93), seed);
}
