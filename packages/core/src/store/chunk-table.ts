import type { Connection, Query, Table, VectorQuery } from "@lancedb/lancedb";

import { mayBeHalfWritten } from "./index-folder.ts";
import { LanceTable } from "./lance-table.ts";
import { loadLance } from "./lance.ts";
import { openTable } from "./open-table.ts";
import { readStrings } from "./read-strings.ts";
import {
  type StoredCandidate,
  candidateColumns,
  chunkId,
  chunkRows,
  readCandidates,
  readHash,
  readVectors,
} from "./records.ts";
import { chunksSchema } from "./schema.ts";
import { listParts, literals } from "./sql.ts";
import type {
  CandidateChunk,
  CandidateFilter,
  ChunkReader,
  EmbeddedSource,
  LexicalTerm,
  VectorReader,
} from "./store.ts";
import { REFINE_FACTOR, type WantedIndex, partitionsToProbe } from "./table-indexes.ts";

/** A reader is up to a second behind the writer, and a query takes its time. */
const READER_LAG_MS = 2_000;

const wantedIndexes: readonly WantedIndex[] = [
  { column: "id", kind: "btree" },
  { column: "base_id", kind: "btree" },
  { column: "language", kind: "bitmap" },
  { column: "terms", kind: "full-text" },
];

/** The table of chunks: searched by readers, written by the holder of the writer's lock. */
export class ChunkTable implements ChunkReader, VectorReader {
  readonly table: LanceTable;
  readonly #folder: string;
  readonly #dimension: number;

  private constructor(table: Table, folder: string, dimension: number) {
    this.table = new LanceTable(table, folder, wantedIndexes, dimension);
    this.#folder = folder;
    this.#dimension = dimension;
  }

  static async open(db: Connection, folder: string, dimension: number): Promise<ChunkTable> {
    return new ChunkTable(await openTable(db, folder, "chunks"), folder, dimension);
  }

  static async create(db: Connection, folder: string, dimension: number): Promise<ChunkTable> {
    return new ChunkTable(await db.createEmptyTable("chunks", chunksSchema(dimension)), folder, dimension);
  }

  async searchTerms(terms: readonly LexicalTerm[], limit: number, filter?: CandidateFilter): Promise<CandidateChunk[]> {
    if (terms.length === 0) return [];
    const { BooleanQuery, MatchQuery, Occur } = await loadLance();
    // Words of one weight make one match query; LanceDB splits it at white space.
    const byWeight = Map.groupBy(terms, ({ weight }) => weight);
    const clauses = [...byWeight].map(
      ([boost, group]) => new MatchQuery(group.map(({ term }) => term).join(" "), "terms", { boost }),
    );
    const [only] = clauses;
    const lexical =
      only && clauses.length === 1 ? only : new BooleanQuery(clauses.map((clause) => [Occur.Should, clause]));
    return this.#candidates(() =>
      restrict(this.table.query().fullTextSearch(lexical), filter)
        .select([...candidateColumns, "_score"])
        .limit(limit),
    );
  }

  async searchVector(vector: Float32Array, limit: number, filter?: CandidateFilter): Promise<CandidateChunk[]> {
    // A zero vector (no known word) has no direction to compare.
    if (vector.every((value) => value === 0)) return [];
    const probes = partitionsToProbe(await this.table.countRows());
    return this.#candidates(() =>
      restrict(this.table.query().nearestTo(vector).column("vector").distanceType("cosine"), filter)
        .nprobes(probes)
        .refineFactor(REFINE_FACTOR)
        .select(candidateColumns)
        .limit(limit),
    );
  }

  /** Writes the chunks of whole sources in one commit; `areNew` if the table has never held any of them. */
  async write(sources: readonly EmbeddedSource[], areNew: boolean): Promise<void> {
    if (sources.every(({ chunks }) => chunks.length === 0)) return;
    const rows = chunkRows(sources, this.#dimension);
    // An upsert looks every id up; an insert need not.
    if (areNew) await this.table.add(rows);
    else await this.table.upsert("id", rows);
  }

  /** Removes all chunks of some sources and single chunks of others, in one commit, or none if there is nothing to do. */
  async delete({
    baseIds,
    ids,
  }: {
    readonly baseIds: readonly string[];
    readonly ids: readonly string[];
  }): Promise<void> {
    const predicates = [
      ...(baseIds.length > 0 ? [`base_id IN (${literals(baseIds)})`] : []),
      ...(ids.length > 0 ? [`id IN (${literals(ids)})`] : []),
    ];
    if (predicates.length > 0) await this.table.delete(predicates.join(" OR "));
  }

  async vectorsOf(keys: readonly string[]): Promise<ReadonlyMap<string, Float32Array>> {
    const vectors = new Map<string, Float32Array>();
    for (const part of listParts(keys)) {
      const query = () =>
        this.table
          .query()
          .where(`vector_key IN (${literals(part)})`)
          .select(["vector_key", "vector"]);
      for await (const batch of this.table.scan(query, readVectors))
        for (const [key, vector] of batch) vectors.set(key, vector);
    }
    return vectors;
  }

  /** Ids of all chunks that are stored of the given sources. */
  async idsOf(baseIds: readonly string[]): Promise<string[]> {
    const ids: string[] = [];
    for (const part of listParts(baseIds)) {
      const query = () =>
        this.table
          .query()
          .where(`base_id IN (${literals(part)})`)
          .select(["id"]);
      for await (const batch of this.table.scan(query, (rows) => readStrings(rows, "id"))) ids.push(...batch);
    }
    return ids;
  }

  /** Runs a candidate query and leaves out what a commit in progress, or a crash in one, has left behind. */
  async #candidates(build: () => Query | VectorQuery): Promise<CandidateChunk[]> {
    return this.table.read(async () => {
      const found: StoredCandidate[] = [];
      for await (const batch of this.table.stream(build())) found.push(...readCandidates(batch));
      return (await mayBeHalfWritten(this.#folder, READER_LAG_MS)) ? this.#withoutLeftovers(found) : found;
    });
  }

  /** The first chunk of a source is always of its latest version; others with another hash are leftovers. */
  async #withoutLeftovers(found: readonly StoredCandidate[]): Promise<StoredCandidate[]> {
    const firsts = [...new Set(found.map(({ baseId }) => chunkId(baseId, 0)))];
    if (firsts.length === 0) return [];
    const current = new Map<string, string>();
    const query = this.table
      .query()
      .where(`id IN (${literals(firsts)})`)
      .select(["base_id", "text_hash"]);
    for await (const batch of this.table.stream(query)) {
      const hashes = batch.getChild("text_hash");
      for (const [row, baseId] of readStrings(batch, "base_id").entries())
        current.set(baseId, readHash(hashes?.get(row)));
    }
    return found.filter(({ baseId, textHash }) => current.get(baseId) === textHash);
  }
}

function restrict<Q extends Query | VectorQuery>(query: Q, filter: CandidateFilter = {}): Q {
  const conditions = [
    ...(filter.languages ? [`language IN (${literals(filter.languages)})`] : []),
    ...(filter.baseIds ? [`base_id IN (${literals(filter.baseIds)})`] : []),
    ...(filter.excludedBaseIds?.length ? [`base_id NOT IN (${literals(filter.excludedBaseIds)})`] : []),
  ];
  return conditions.length > 0 ? (query.where(conditions.join(" AND ")) as Q) : query;
}
