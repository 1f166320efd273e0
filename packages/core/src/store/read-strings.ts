import type { RecordBatch } from "apache-arrow";

import { arrow } from "./arrow.ts";

/**
 * Reads the strings of a column, row by row; undefined for null. Arrow's own reading drops a byte order mark at the
 * beginning, so that the path `\uFEFFa` would be taken for `a`.
 *
 * @throws TypeError if the column is missing or of another type
 */
export function stringReader(batch: RecordBatch, name: string): (row: number) => string | undefined {
  const column = batch.getChild(name)?.data[0];
  if (!column || !arrow.DataType.isUtf8(column.type))
    throw new TypeError(`The batch has no column ${name} of strings.`);
  const { valueOffsets, values } = column;
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  return (row) => (column.getValid(row) ? bytes.toString("utf8", valueOffsets[row], valueOffsets[row + 1]) : undefined);
}

/** All strings of a column; null is empty. */
export function readStrings(batch: RecordBatch, name: string): string[] {
  const read = stringReader(batch, name);
  return Array.from({ length: batch.numRows }, (_, row) => read(row) ?? "");
}
