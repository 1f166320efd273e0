import type { ScoreExplanation } from "../model/search-hit.ts";
import type { CandidateChunk } from "../store/store.ts";
import { definedName } from "../text/identifier-terms.ts";
import { pathWords } from "../text/path-words.ts";
import { dot } from "./dot.ts";
import type { ParsedQuery } from "./parse-query.ts";
import { pathFactor } from "./path-factor.ts";
import { nameAsked, nameCoverage } from "./path-features.ts";

/** A file as an answer, with the chunk that shows why. */
export interface RankedFile {
  readonly path: string;
  readonly best: CandidateChunk;
  readonly score: number;
  readonly explanation: ScoreExplanation;
}

/**
 * What each feature, between 0 and 1, adds to a file's score. Round numbers on purpose: the public benchmark that they
 * were checked on over-rewards file names, and finer ones would fit it, not code in general.
 */
const weights = {
  bestChunk: 1,
  topChunks: 1,
  definition: 1,
  nameCoverage: 0.7,
  nameAsked: 1,
  size: 0.5,
  meaning: 2,
} as const;

type Features = Record<keyof typeof weights, number>;

/**
 * Orders files by how well their candidate chunks answer the query, best first. Pure: the same candidates give the
 * same order, whatever order they come in.
 *
 * @param queryVector normalised; all zeros when the query has no known word.
 */
export function rankFiles(
  query: ParsedQuery,
  queryVector: Float32Array,
  candidates: readonly CandidateChunk[],
): RankedFile[] {
  const chunks = candidates.map((chunk) => weighChunk(chunk, query, queryVector));
  const files = [...Map.groupBy(chunks, ({ chunk }) => chunk.baseId).values()].map((group) => fileOf(group, query));
  const most = maxima(files.map(({ features }) => features));
  return files
    .map(({ path, chunks: ofFile, features }): RankedFile => {
      const weighted = weigh(features, most);
      const factor = pathFactor(path, query.words);
      const sum = Object.values(weighted).reduce((total, value) => total + value, 0);
      return {
        path,
        best: bestChunk(ofFile, most, query.kind),
        score: sum * factor,
        explanation: { features: weighted, pathFactor: factor },
      };
    })
    .toSorted((a, b) => b.score - a.score || compare(a.path, b.path));
}

/** A candidate with what it says about the query. */
interface WeighedChunk {
  readonly chunk: CandidateChunk;
  readonly lexical: number;
  readonly definition: number;
  readonly cosine: number;
}

interface WeighedFile {
  readonly path: string;
  readonly chunks: readonly WeighedChunk[];
  readonly features: Features;
}

function weighChunk(chunk: CandidateChunk, query: ParsedQuery, queryVector: Float32Array): WeighedChunk {
  return {
    chunk,
    lexical: chunk.lexicalScore ?? 0,
    definition: definitionMatch(chunk, query.names),
    cosine: Math.max(0, dot(chunk.vector, queryVector)),
  };
}

function fileOf(chunks: readonly WeighedChunk[], query: ParsedQuery): WeighedFile {
  const { baseId: path, chunkCount } = (chunks[0] as WeighedChunk).chunk;
  const lexical = chunks.map((chunk) => chunk.lexical).toSorted((a, b) => b - a);
  const words = pathWords(path);
  return {
    path,
    chunks,
    features: {
      bestChunk: lexical[0] ?? 0,
      topChunks: lexical.slice(0, 3).reduce((total, score) => total + score, 0),
      definition: largest(chunks.map((chunk) => chunk.definition)),
      nameCoverage: nameCoverage(words, query.words),
      nameAsked: nameAsked(words, query.words),
      size: Math.log2(1 + chunkCount),
      meaning: largest(chunks.map((chunk) => chunk.cosine)),
    },
  };
}

/** Features without a scale of their own are measured against the best candidate. */
const relative = ["bestChunk", "topChunks", "size", "meaning"] as const;

function maxima(files: readonly Features[]): Features {
  const most = Object.fromEntries(Object.keys(weights).map((name) => [name, 1])) as Features;
  for (const name of relative) most[name] = largest(files.map((features) => features[name])) || 1;
  return most;
}

function weigh(features: Features, most: Features): Features {
  return Object.fromEntries(
    (Object.keys(weights) as (keyof Features)[]).map((name) => [name, (weights[name] * features[name]) / most[name]]),
  ) as Features;
}

/**
 * The chunk to show. For a name that is its first definition, which is the type rather than its constructors; for a
 * question the one with the best words and meaning, and a definition counts as much as either.
 */
function bestChunk(chunks: readonly WeighedChunk[], most: Features, kind: ParsedQuery["kind"]): CandidateChunk {
  const worth = ({ lexical, definition, cosine }: WeighedChunk) =>
    kind === "name" && definition > 0 ? 3 * definition : definition + lexical / most.bestChunk + cosine / most.meaning;
  return chunks
    .toSorted((a, b) => worth(b) - worth(a) || a.chunk.startLine - b.chunk.startLine)
    .map(({ chunk }) => chunk)[0] as CandidateChunk;
}

/** 1 where the chunk defines a name of the query as it is written, less where only the case differs. */
function definitionMatch({ kind, symbols }: CandidateChunk, names: readonly string[]): number {
  // A heading names what it is about, which is defined elsewhere.
  if (kind === "section") return 0;
  let match = 0;
  for (const symbol of symbols) {
    const defined = definedName(symbol);
    if (names.includes(defined)) return 1;
    if (names.some((name) => name.toLowerCase() === defined.toLowerCase())) match = 0.6;
  }
  return match;
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
