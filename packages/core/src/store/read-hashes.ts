import type { RecordBatch } from "apache-arrow";

import type { StoredHashColumns } from "../model/stored-hash-columns.ts";
import { arrow } from "./arrow.ts";
import { HASH_BYTES } from "./schema.ts";

/**
 * The columns `id` and `text_hash` of a batch, as views of its buffers: nothing is copied or decoded.
 *
 * @throws TypeError if a column is missing or of another type
 */
export function readHashColumns(batch: RecordBatch): StoredHashColumns {
  const ids = batch.getChild("id")?.data[0];
  if (!ids || !arrow.DataType.isUtf8(ids.type)) throw new TypeError("The batch has no column id of type Utf8.");
  const hashes = batch.getChild("text_hash")?.data[0];
  if (!hashes || !arrow.DataType.isFixedSizeBinary(hashes.type) || hashes.type.byteWidth !== HASH_BYTES)
    throw new TypeError(`The batch has no column text_hash of type FixedSizeBinary(${HASH_BYTES}).`);
  // Arrow cuts the offsets and the values of a sliced column; its bitmap stays whole, with an offset in bits.
  const validity = hashes.nullCount > 0 ? { validity: hashes.nullBitmap, validityOffset: hashes.offset } : {};
  return {
    rows: batch.numRows,
    ids: { offsets: ids.valueOffsets, bytes: ids.values },
    hashes: { bytes: hashes.values, ...validity },
  };
}
