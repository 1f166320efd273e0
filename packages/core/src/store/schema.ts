import type { Schema } from "apache-arrow";

import { arrow } from "./arrow.ts";

/**
 * The format of the tables. Raise it with every change and add a line: an index of another version is rebuilt (older)
 * or refused (newer).
 *
 * - 1: `chunks` (one row a chunk, full text over `terms`, float16 vector) and `files` (one row a file looked at).
 * - 2: `chunks` is the same for files and for items of any kind: `path` is `base_id`, `file_hash` is `text_hash`,
 *   `file_chunks` is `chunk_count`, and items have `metadata`. An index of items has no `files`.
 * - 3: `chunks` has `vector_key`, `files` has `last_commit`.
 */
export const schemaVersion = 3;

/** Bytes of a content hash: the first half of a SHA-256. */
export const HASH_BYTES = 16;

/** Rows of one source share `base_id`, `text_hash` and `chunk_count`; `id` is `base_id#n`, n counting from 0. */
export function chunksSchema(dimension: number): Schema {
  return new arrow.Schema([
    required("id", new arrow.Utf8()),
    required("base_id", new arrow.Utf8()),
    // Without one, the source counts as changed.
    optional("text_hash", new arrow.FixedSizeBinary(HASH_BYTES)),
    required("chunk_count", new arrow.Int32()),
    required("language", new arrow.Utf8()),
    required("kind", new arrow.Utf8()),
    required("start_line", new arrow.Int32()),
    required("end_line", new arrow.Int32()),
    // Names the chunk defines, one a line.
    required("symbols", new arrow.Utf8()),
    required("terms", new arrow.Utf8(), compressed),
    required("text", new arrow.Utf8(), compressed),
    // JSON of what an item brought along.
    optional("metadata", new arrow.Utf8(), compressed),
    // Names the content that the vector was made of; null where the vector depends on the path as well.
    optional("vector_key", new arrow.Utf8()),
    required("vector", new arrow.FixedSizeList(dimension, new arrow.Field("item", new arrow.Float16(), true))),
  ]);
}

export function filesSchema(): Schema {
  return new arrow.Schema([
    ...fileRecordSchema().fields,
    // Of indexed files; hexadecimal, null where none is known.
    optional("last_commit", new arrow.Utf8()),
  ]);
}

/**
 * What is written of a file when it is looked at. `outcome` is `indexed`, `skipped` or `failed`; `reason` says why for
 * the last two, and why what is indexed is of an earlier content.
 */
export function fileRecordSchema(): Schema {
  return new arrow.Schema([
    required("path", new arrow.Utf8()),
    required("file_hash", new arrow.FixedSizeBinary(HASH_BYTES)),
    required("size", new arrow.Float64()),
    required("mtime_ms", new arrow.Float64()),
    required("language", new arrow.Utf8()),
    required("chunk_count", new arrow.Int32()),
    required("outcome", new arrow.Utf8()),
    required("reason", new arrow.Utf8()),
  ]);
}

/** What is written of files when the history is read. */
export function lastCommitSchema(): Schema {
  return new arrow.Schema([required("path", new arrow.Utf8()), optional("last_commit", new arrow.Utf8())]);
}

/** Lance's own compression of text leaves a third more on disk. */
const compressed = new Map([["lance-encoding:compression", "zstd"]]);

type FieldType = ConstructorParameters<typeof arrow.Field>[1];

function required(name: string, type: FieldType, metadata?: Map<string, string>) {
  return new arrow.Field(name, type, false, metadata);
}

function optional(name: string, type: FieldType, metadata?: Map<string, string>) {
  return new arrow.Field(name, type, true, metadata);
}
