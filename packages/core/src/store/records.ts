import type { Data, FixedSizeList, Float16, RecordBatch, Schema, Table, Vector } from "apache-arrow";

import type { FileOutcome, FileRecord } from "../model/file-record.ts";
import type { SkipReason } from "../model/skip-reason.ts";
import { arrow } from "./arrow.ts";
import { fromFloat16Bits, toFloat16Bits } from "./float16.ts";
import { readStrings, stringReader } from "./read-strings.ts";
import { HASH_BYTES, chunksSchema, fileRecordSchema, lastCommitSchema } from "./schema.ts";
import type { CandidateChunk, EmbeddedSource, FileCommit, StoredFileCommit } from "./store.ts";

/** Rows of the chunk table for whole sources, built column by column: LanceDB does not check a vector's length, this does. */
export function chunkRows(sources: readonly EmbeddedSource[], dimension: number): Table {
  const rows = sources.flatMap((source) => source.chunks.map((chunk, n) => ({ source, chunk, n })));
  const vectors = new Float32Array(rows.length * dimension);
  for (const [row, { chunk, source }] of rows.entries()) {
    if (chunk.vector.length !== dimension)
      throw new RangeError(`A vector of ${source.baseId} has ${chunk.vector.length} dimensions, not ${dimension}.`);
    vectors.set(chunk.vector, row * dimension);
  }
  const schema = chunksSchema(dimension);
  return table(schema, rows.length, {
    id: strings(rows.map(({ source, n }) => chunkId(source.baseId, n))),
    base_id: strings(rows.map(({ source }) => source.baseId)),
    text_hash: hashes(rows.map(({ source }) => source.textHash)),
    chunk_count: integers(rows.map(({ source }) => source.chunks.length)),
    language: strings(rows.map(({ source }) => source.language)),
    kind: strings(rows.map(({ chunk }) => chunk.kind)),
    start_line: integers(rows.map(({ chunk }) => chunk.startLine)),
    end_line: integers(rows.map(({ chunk }) => chunk.endLine)),
    symbols: strings(rows.map(({ chunk }) => chunk.symbols.join("\n"))),
    terms: strings(rows.map(({ chunk }) => chunk.terms)),
    text: strings(rows.map(({ chunk }) => chunk.text)),
    metadata: optionalStrings(rows.map(({ source }) => source.metadata)),
    vector_key: optionalStrings(rows.map(({ chunk }) => chunk.vectorKey)),
    vector: arrow.makeData({
      type: new arrow.FixedSizeList(dimension, new arrow.Field("item", new arrow.Float16(), true)),
      length: rows.length,
      nullCount: 0,
      child: arrow.makeData({ type: new arrow.Float16(), length: vectors.length, data: toFloat16Bits(vectors) }),
    }),
  });
}

/** Without the last commits: LanceDB keeps what is stored in a column that is not given. */
export function fileRows(files: readonly FileRecord[]): Table {
  return table(fileRecordSchema(), files.length, {
    path: strings(files.map((file) => file.path)),
    file_hash: hashes(files.map((file) => file.hash)),
    size: numbers(files.map((file) => file.size)),
    mtime_ms: numbers(files.map((file) => file.mtimeMs)),
    language: strings(files.map((file) => file.language)),
    chunk_count: integers(files.map((file) => file.chunkCount)),
    outcome: strings(files.map((file) => file.outcome.kind)),
    reason: strings(files.map((file) => reasonOf(file.outcome))),
  });
}

/** Only these columns, for files that are stored. */
export function lastCommitRows(files: readonly FileCommit[]): Table {
  return table(lastCommitSchema(), files.length, {
    path: strings(files.map(({ path }) => path)),
    last_commit: optionalStrings(files.map(({ commit }) => commit)),
  });
}

/** Columns that {@link readFileCommits} needs. */
export const fileCommitColumns: string[] = ["path", "outcome", "last_commit"];

export function readFileCommits(batch: RecordBatch): StoredFileCommit[] {
  const [path, outcome, commit] = fileCommitColumns.map((name) => stringReader(batch, name));
  return Array.from({ length: batch.numRows }, (_, row) => ({
    path: path?.(row) ?? "",
    isIndexed: outcome?.(row) === "indexed",
    commit: commit?.(row),
  }));
}

export function chunkId(baseId: string, n: number): string {
  return `${baseId}#${n}`;
}

/** Hexadecimal digits of a stored hash; empty for none. */
export function readHash(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString("hex");
}

export function readFileRecords(batch: RecordBatch): FileRecord[] {
  const [path, language, outcome, reason] = (["path", "language", "outcome", "reason"] as const).map((name) =>
    stringReader(batch, name),
  );
  const [hash, size, mtime, chunkCount] = ["file_hash", "size", "mtime_ms", "chunk_count"].map((name) =>
    batch.getChild(name),
  );
  return Array.from({ length: batch.numRows }, (_, row) => ({
    path: path?.(row) ?? "",
    hash: readHash(hash?.get(row)),
    size: size?.get(row),
    mtimeMs: mtime?.get(row),
    language: language?.(row) ?? "",
    chunkCount: chunkCount?.get(row),
    outcome: outcomeOf(outcome?.(row) ?? "", reason?.(row) ?? ""),
  }));
}

/** Columns that {@link readCandidates} needs. */
export const candidateColumns: string[] = [
  "id",
  "base_id",
  "text_hash",
  "chunk_count",
  "language",
  "kind",
  "start_line",
  "end_line",
  "symbols",
  "text",
  "metadata",
  "vector",
];

/** A candidate with the hash of what it was cut from, which tells a leftover from a live chunk. */
export interface StoredCandidate extends CandidateChunk {
  readonly textHash: string;
}

export function readCandidates(batch: RecordBatch): StoredCandidate[] {
  const column = (name: string) => batch.getChild(name);
  const text = (name: string) => stringReader(batch, name);
  const texts = { id: text("id"), baseId: text("base_id"), language: text("language"), kind: text("kind") };
  const [symbolsOf, textOf, metadataOf] = [text("symbols"), text("text"), text("metadata")];
  const vectorOf = vectorReader(batch);
  return Array.from({ length: batch.numRows }, (_, row) => {
    const score: unknown = column("_score")?.get(row);
    const symbols = symbolsOf(row) ?? "";
    const metadata = metadataOf(row);
    return {
      id: texts.id(row) ?? "",
      baseId: texts.baseId(row) ?? "",
      textHash: readHash(column("text_hash")?.get(row)),
      chunkCount: column("chunk_count")?.get(row),
      language: texts.language(row) ?? "",
      kind: texts.kind(row) ?? "",
      startLine: column("start_line")?.get(row),
      endLine: column("end_line")?.get(row),
      symbols: symbols === "" ? [] : symbols.split("\n"),
      text: textOf(row) ?? "",
      vector: vectorOf(row),
      ...(metadata === undefined ? {} : { metadata }),
      ...(typeof score === "number" ? { lexicalScore: score } : {}),
    };
  });
}

/** The vectors of a batch with the columns `vector_key` and `vector`, by key. */
export function readVectors(batch: RecordBatch): [key: string, vector: Float32Array][] {
  const vectorOf = vectorReader(batch);
  return readStrings(batch, "vector_key").map((key, row) => [key, vectorOf(row)]);
}

function vectorReader(batch: RecordBatch): (row: number) => Float32Array {
  const vectors: Vector<FixedSizeList<Float16>> | null = batch.getChild("vector");
  const dimension = vectors?.type.listSize ?? 0;
  const bits: Uint16Array = vectors?.data[0]?.children[0]?.values ?? new Uint16Array();
  return (row) => fromFloat16Bits(bits.subarray(row * dimension, (row + 1) * dimension));
}

function reasonOf(outcome: FileOutcome): string {
  switch (outcome.kind) {
    case "indexed":
      return outcome.failure ?? "";
    case "skipped":
      return outcome.reason;
    case "failed":
      return outcome.message;
  }
}

function outcomeOf(kind: string, reason: string): FileOutcome {
  if (kind === "skipped") return { kind, reason: reason as SkipReason };
  if (kind === "failed") return { kind, message: reason };
  return reason === "" ? { kind: "indexed" } : { kind: "indexed", failure: reason };
}

function table(schema: Schema, length: number, columns: Record<string, Data>): Table {
  const children = schema.fields.map(({ name }) => {
    const column = columns[name];
    if (!column) throw new TypeError(`No values for the column ${name}.`);
    return column;
  });
  const struct = arrow.makeData({ type: new arrow.Struct(schema.fields), length, nullCount: 0, children });
  return new arrow.Table(schema, [new arrow.RecordBatch(schema, struct)]);
}

/** UTF-8 values encoded once into one buffer; Arrow's own builder takes several times as long. */
function strings(values: readonly string[]): Data {
  const offsets = new Int32Array(values.length + 1);
  for (const [i, value] of values.entries()) offsets[i + 1] = (offsets[i] ?? 0) + Buffer.byteLength(value);
  const data = Buffer.allocUnsafe(offsets[values.length] ?? 0);
  for (const [i, value] of values.entries()) data.write(value, offsets[i] ?? 0);
  return arrow.makeData({ type: new arrow.Utf8(), length: values.length, nullCount: 0, valueOffsets: offsets, data });
}

function optionalStrings(values: readonly (string | undefined)[]): Data {
  const { length } = values;
  const data = strings(values.map((value) => value ?? ""));
  const missing = values.filter((value) => value === undefined).length;
  if (missing === 0) return data;
  // Arrow's bitmap: the least significant bit of a byte is its first row.
  const nullBitmap = new Uint8Array(Math.ceil(length / 8));
  for (const [row, value] of values.entries())
    if (value !== undefined) nullBitmap[row >> 3] = (nullBitmap[row >> 3] ?? 0) | (1 << (row & 7));
  const { valueOffsets, values: bytes } = data;
  return arrow.makeData({ type: new arrow.Utf8(), length, nullCount: missing, nullBitmap, valueOffsets, data: bytes });
}

function integers(values: readonly number[]): Data {
  return arrow.makeData({
    type: new arrow.Int32(),
    length: values.length,
    nullCount: 0,
    data: Int32Array.from(values),
  });
}

function numbers(values: readonly number[]): Data {
  return arrow.makeData({
    type: new arrow.Float64(),
    length: values.length,
    nullCount: 0,
    data: Float64Array.from(values),
  });
}

function hashes(values: readonly string[]): Data {
  const data = Buffer.alloc(values.length * HASH_BYTES);
  for (const [i, value] of values.entries()) data.write(value, i * HASH_BYTES, "hex");
  return arrow.makeData({
    type: new arrow.FixedSizeBinary(HASH_BYTES),
    length: values.length,
    nullCount: 0,
    data,
  });
}
