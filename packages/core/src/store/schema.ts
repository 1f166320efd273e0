import type { Schema } from "apache-arrow";

import { arrow } from "./arrow.ts";

/**
 * The format of the two tables. Raise it with every change and add a line: an index of another version is rebuilt
 * (older) or refused (newer).
 *
 * - 1: `chunks` (one row a chunk, full text over `terms`, float16 vector) and `files` (one row a file looked at).
 */
export const schemaVersion = 1;

/** Bytes of a content hash: the first half of a SHA-256. */
export const HASH_BYTES = 16;

/** Rows of one file share `path` and `file_hash`; `id` is `path#n`, n counting from 0. */
export function chunksSchema(dimension: number): Schema {
  return new arrow.Schema([
    required("id", new arrow.Utf8()),
    required("path", new arrow.Utf8()),
    required("file_hash", new arrow.FixedSizeBinary(HASH_BYTES)),
    required("file_chunks", new arrow.Int32()),
    required("language", new arrow.Utf8()),
    required("kind", new arrow.Utf8()),
    required("start_line", new arrow.Int32()),
    required("end_line", new arrow.Int32()),
    // Names the chunk defines, one a line.
    required("symbols", new arrow.Utf8()),
    required("terms", new arrow.Utf8(), compressed),
    required("text", new arrow.Utf8(), compressed),
    required("vector", new arrow.FixedSizeList(dimension, new arrow.Field("item", new arrow.Float16(), true))),
  ]);
}

/** `outcome` is `indexed`, `skipped` or `failed`; `reason` says why for the last two. */
export function filesSchema(): Schema {
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

/** Lance's own compression of text leaves a third more on disk. */
const compressed = new Map([["lance-encoding:compression", "zstd"]]);

function required(name: string, type: ConstructorParameters<typeof arrow.Field>[1], metadata?: Map<string, string>) {
  return new arrow.Field(name, type, false, metadata);
}
