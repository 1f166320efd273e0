import type { Data, FixedSizeList, Float16, RecordBatch, Schema, Table, Vector } from "apache-arrow";

import type { FileOutcome, FileRecord } from "../model/file-record.ts";
import type { SkipReason } from "../model/skip-reason.ts";
import { arrow } from "./arrow.ts";
import { fromFloat16Bits, toFloat16Bits } from "./float16.ts";
import { HASH_BYTES, chunksSchema, filesSchema } from "./schema.ts";
import type { CandidateChunk, FileReplacement } from "./store.ts";

/** Rows of the chunk table for whole files, built column by column: LanceDB does not check a vector's length, this does. */
export function chunkRows(files: readonly FileReplacement[], dimension: number): Table {
  const rows = files.flatMap(({ file, chunks }) => chunks.map((chunk, n) => ({ file, chunk, n })));
  const vectors = new Float32Array(rows.length * dimension);
  for (const [row, { chunk, file }] of rows.entries()) {
    if (chunk.vector.length !== dimension)
      throw new RangeError(`A vector of ${file.path} has ${chunk.vector.length} dimensions, not ${dimension}.`);
    vectors.set(chunk.vector, row * dimension);
  }
  const schema = chunksSchema(dimension);
  return table(schema, rows.length, {
    id: strings(rows.map(({ file, n }) => chunkId(file.path, n))),
    path: strings(rows.map(({ file }) => file.path)),
    file_hash: hashes(rows.map(({ file }) => file.hash)),
    file_chunks: integers(rows.map(({ file }) => file.chunkCount)),
    language: strings(rows.map(({ file }) => file.language)),
    kind: strings(rows.map(({ chunk }) => chunk.kind)),
    start_line: integers(rows.map(({ chunk }) => chunk.startLine)),
    end_line: integers(rows.map(({ chunk }) => chunk.endLine)),
    symbols: strings(rows.map(({ chunk }) => chunk.symbols.join("\n"))),
    terms: strings(rows.map(({ chunk }) => chunk.terms)),
    text: strings(rows.map(({ chunk }) => chunk.text)),
    vector: arrow.makeData({
      type: new arrow.FixedSizeList(dimension, new arrow.Field("item", new arrow.Float16(), true)),
      length: rows.length,
      nullCount: 0,
      child: arrow.makeData({ type: new arrow.Float16(), length: vectors.length, data: toFloat16Bits(vectors) }),
    }),
  });
}

export function fileRows(files: readonly FileRecord[]): Table {
  return table(filesSchema(), files.length, {
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

export function chunkId(path: string, n: number): string {
  return `${path}#${n}`;
}

export function readFileRecords(batch: RecordBatch): FileRecord[] {
  const [path, hash, size, mtime, language, chunkCount, outcome, reason] = [
    "path",
    "file_hash",
    "size",
    "mtime_ms",
    "language",
    "chunk_count",
    "outcome",
    "reason",
  ].map((name) => batch.getChild(name));
  return Array.from({ length: batch.numRows }, (_, row) => ({
    path: path?.get(row),
    hash: Buffer.from(hash?.get(row)).toString("hex"),
    size: size?.get(row),
    mtimeMs: mtime?.get(row),
    language: language?.get(row),
    chunkCount: chunkCount?.get(row),
    outcome: outcomeOf(outcome?.get(row), reason?.get(row)),
  }));
}

/** Columns that {@link readCandidates} needs. */
export const candidateColumns: string[] = [
  "id",
  "path",
  "file_hash",
  "file_chunks",
  "language",
  "kind",
  "start_line",
  "end_line",
  "symbols",
  "text",
  "vector",
];

/** A candidate with the hash of the file it was cut from, which tells a leftover from a live chunk. */
export interface StoredCandidate extends CandidateChunk {
  readonly fileHash: string;
}

export function readCandidates(batch: RecordBatch): StoredCandidate[] {
  const column = (name: string) => batch.getChild(name);
  const vectors: Vector<FixedSizeList<Float16>> | null = batch.getChild("vector");
  const dimension = vectors?.type.listSize ?? 0;
  const bits: Uint16Array = vectors?.data[0]?.children[0]?.values ?? new Uint16Array();
  return Array.from({ length: batch.numRows }, (_, row) => {
    const score: unknown = column("_score")?.get(row);
    const symbols: string = column("symbols")?.get(row);
    return {
      id: column("id")?.get(row),
      path: column("path")?.get(row),
      fileHash: Buffer.from(column("file_hash")?.get(row)).toString("hex"),
      fileChunks: column("file_chunks")?.get(row),
      language: column("language")?.get(row),
      kind: column("kind")?.get(row),
      startLine: column("start_line")?.get(row),
      endLine: column("end_line")?.get(row),
      symbols: symbols === "" ? [] : symbols.split("\n"),
      text: column("text")?.get(row),
      vector: fromFloat16Bits(bits.subarray(row * dimension, (row + 1) * dimension)),
      ...(typeof score === "number" ? { lexicalScore: score } : {}),
    };
  });
}

function reasonOf(outcome: FileOutcome): string {
  switch (outcome.kind) {
    case "indexed":
      return "";
    case "skipped":
      return outcome.reason;
    case "failed":
      return outcome.message;
  }
}

function outcomeOf(kind: string, reason: string): FileOutcome {
  if (kind === "skipped") return { kind, reason: reason as SkipReason };
  if (kind === "failed") return { kind, message: reason };
  return { kind: "indexed" };
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
