import type { CandidateChunk, CandidateFilter, FileReader, EmbeddedChunk, LexicalTerm } from "../src/store/store.ts";

/** A file with its chunks, ready to be searched in tests. */
export interface MemoryFile {
  readonly path: string;
  readonly language: string;
  readonly chunks: readonly EmbeddedChunk[];
}

const K1 = 1.2;
const B = 0.75;

/**
 * The store's reading side without a store, for tests: BM25 and cosine by the book over every chunk. It stands beside
 * the real one as its oracle.
 */
export class MemoryReader implements FileReader {
  readonly #rows: readonly Row[];
  readonly #meanLength: number;
  readonly #holders = new Map<string, number>();

  constructor(files: readonly MemoryFile[]) {
    this.#rows = files.flatMap((file) => file.chunks.map((chunk, n) => rowOf(file, chunk, n)));
    this.#meanLength = this.#rows.reduce((sum, { length }) => sum + length, 0) / this.#rows.length;
    for (const { counts } of this.#rows)
      for (const term of counts.keys()) this.#holders.set(term, (this.#holders.get(term) ?? 0) + 1);
  }

  searchTerms(terms: readonly LexicalTerm[], limit: number, filter?: CandidateFilter): Promise<CandidateChunk[]> {
    return Promise.resolve(
      best(this.#allowed(filter), limit, (row) => this.#bm25(row, terms))
        .filter(({ score }) => score > 0)
        .map(({ row, score }) => ({ ...row.candidate, lexicalScore: score })),
    );
  }

  searchVector(vector: Float32Array, limit: number, filter?: CandidateFilter): Promise<CandidateChunk[]> {
    if (vector.every((value) => value === 0)) return Promise.resolve([]);
    const cosine = ({ candidate }: Row) => candidate.vector.reduce((sum, x, i) => sum + x * (vector[i] ?? 0), 0);
    return Promise.resolve(best(this.#allowed(filter), limit, cosine).map(({ row }) => row.candidate));
  }

  async *paths(): AsyncGenerator<readonly string[]> {
    for (const path of new Set(this.#rows.map(({ candidate }) => candidate.baseId))) yield [path];
  }

  #allowed({ languages, baseIds, excludedBaseIds }: CandidateFilter = {}): Row[] {
    return this.#rows.filter(
      ({ candidate }) =>
        (languages?.includes(candidate.language) ?? true) &&
        (baseIds?.includes(candidate.baseId) ?? true) &&
        !excludedBaseIds?.includes(candidate.baseId),
    );
  }

  #bm25({ counts, length }: Row, terms: readonly LexicalTerm[]): number {
    let score = 0;
    for (const { term, weight } of terms) {
      const count = counts.get(term) ?? 0;
      if (count === 0) continue;
      const holders = this.#holders.get(term) ?? 0;
      const idf = Math.log(1 + (this.#rows.length - holders + 0.5) / (holders + 0.5));
      score += (weight * idf * count * (K1 + 1)) / (count + K1 * (1 - B + (B * length) / this.#meanLength));
    }
    return score;
  }
}

interface Row {
  readonly candidate: CandidateChunk;
  readonly counts: ReadonlyMap<string, number>;
  readonly length: number;
}

function rowOf({ path, language, chunks }: MemoryFile, chunk: EmbeddedChunk, n: number): Row {
  const terms = chunk.terms.split(" ").filter((term) => term !== "");
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  const { startLine, endLine, kind, symbols, text, vector } = chunk;
  const place = { id: `${path}#${n}`, baseId: path, language, chunkCount: chunks.length };
  return { candidate: { ...place, startLine, endLine, kind, symbols, text, vector }, counts, length: terms.length };
}

function best(rows: readonly Row[], limit: number, scoreOf: (row: Row) => number): { row: Row; score: number }[] {
  return rows
    .map((row) => ({ row, score: scoreOf(row) }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, limit);
}
