import { access } from "node:fs/promises";
import { join } from "node:path";

import type { Connection } from "@lancedb/lancedb";

import { connect } from "../src/store/lance.ts";

/** What an index holds, straight from its tables. */
export interface IndexContent {
  /** By id. */
  readonly chunks: readonly StoredChunk[];
  /** By path. */
  readonly files: readonly StoredFile[];
}

interface StoredRow {
  /** Every column; vectors bit by bit, and without the times of files, which are those of the reading. */
  readonly row: string;
}

interface StoredChunk extends StoredRow {
  readonly baseId: string;
  readonly hash: string;
  readonly text: string;
}

interface StoredFile extends StoredRow {
  readonly path: string;
  readonly hash: string;
  readonly chunkCount: number;
}

/** Reads all of it; nothing of an index that was killed before there was one. */
export async function readIndexContent(folder: string): Promise<IndexContent> {
  const isMade = await access(join(folder, "index.json")).then(
    () => true,
    () => false,
  );
  if (!isMade) return { chunks: [], files: [] };
  const db = await connect(folder);
  try {
    const chunks = await rowsOf(db, "chunks", "id", ({ base_id: baseId, text_hash: hash, text }) => ({
      baseId,
      hash,
      text,
    }));
    const files = await rowsOf(db, "files", "path", ({ path, file_hash: hash, chunk_count: chunkCount }) => ({
      path,
      hash,
      chunkCount,
    }));
    return { chunks, files } as IndexContent;
  } finally {
    db.close();
  }
}

/** The files that are committed as a whole, with their hashes: record and chunks say the same. */
export function wholeFiles({ chunks, files }: IndexContent): Map<string, string> {
  const chunksOf = Map.groupBy(chunks, ({ baseId }) => baseId);
  const whole = files.filter(({ path, hash, chunkCount }) => {
    const own = chunksOf.get(path) ?? [];
    return own.length === chunkCount && own.every((chunk) => chunk.hash === hash);
  });
  return new Map(whole.map(({ path, hash }) => [path, hash]));
}

/** The first rows that one of two indexes has and the other has not; nothing if they are the same. */
export function differences(found: IndexContent, expected: IndexContent): string[] {
  return (["chunks", "files"] as const).flatMap((table) => {
    const [rows, others] = [found[table], expected[table]].map((list) => list.map(({ row }) => row));
    if (rows === undefined || others === undefined) return [];
    const [has, shouldHave] = [new Set(rows), new Set(others)];
    return [
      ...rows
        .filter((row) => !shouldHave.has(row))
        .map((row) => `too many: ${row}`)
        .slice(0, 3),
      ...others
        .filter((row) => !has.has(row))
        .map((row) => `missing: ${row}`)
        .slice(0, 3),
      ...(rows.length === others.length ? [] : [`${rows.length} rows in ${table}, not ${others.length}`]),
    ];
  });
}

async function rowsOf<T>(
  db: Connection,
  name: string,
  key: string,
  read: (row: Readonly<Record<string, unknown>>) => T,
): Promise<(T & StoredRow)[]> {
  const table = await db.openTable(name);
  const columns = (await table.schema()).fields.map((field) => field.name).filter((column) => column !== "mtime_ms");
  const rows: (T & StoredRow & { readonly key: string })[] = [];
  for await (const batch of table.query())
    for (let n = 0; n < batch.numRows; n++) {
      const row = Object.fromEntries(columns.map((column) => [column, plain(batch.getChild(column)?.get(n))]));
      rows.push({ ...read(row), row: JSON.stringify(row), key: String(row[key]) });
    }
  table.close();
  return rows.toSorted((a, b) => (a.key < b.key ? -1 : 1));
}

/** A value that can be compared: bytes and vectors as hexadecimal digits. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (typeof value !== "object" || value === null) return value;
  return Buffer.from(Float64Array.from(value as Iterable<number>).buffer).toString("hex");
}
