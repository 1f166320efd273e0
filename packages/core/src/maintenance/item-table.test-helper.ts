import { readdir } from "node:fs/promises";
import { join } from "node:path";

import { ItemStore } from "../store/item-store.ts";
import type { LanceTable } from "../store/lance-table.ts";
import { chunkRows } from "../store/records.ts";
import type { EmbeddedSource } from "../store/store.ts";

const DIMENSION = 16;
/** A word that every row has. */
const COMMON = "every";

/** A real index of items, each with one short record, and what is needed to look at its table from outside. */
export interface ItemTable {
  readonly folder: string;
  readonly store: ItemStore;
  readonly table: LanceTable;
}

export async function newItemTable(folder: string): Promise<ItemTable> {
  return withTable(folder, await ItemStore.create(folder, DIMENSION));
}

export async function openItemTable(folder: string): Promise<ItemTable> {
  return withTable(folder, await ItemStore.open(folder, DIMENSION));
}

/**
 * Writes items of consecutive numbers in one commit, as a store does but without forcing it to the disk. The version is
 * part of what is stored; items of version 0 are new.
 */
export async function put({ table }: ItemTable, from: number, count: number, version = 0): Promise<void> {
  const rows = chunkRows(
    Array.from({ length: count }, (_, i) => item(from + i, version)),
    DIMENSION,
  );
  if (version === 0) await table.add(rows);
  else await table.upsert("id", rows);
}

/** A commit for each of so many batches. */
export async function putBatches(items: ItemTable, batches: number, size: number): Promise<void> {
  for (let batch = 0; batch < batches; batch++) await put(items, batch * size, size);
}

export async function remove({ store }: ItemTable, from: number, count: number): Promise<void> {
  await store.delete(Array.from({ length: count }, (_, i) => itemId(from + i)));
}

/** `number:version` of all rows, in order, as a scan of the data finds them. */
export async function rowsOf({ table }: ItemTable): Promise<string[]> {
  const rows: string[] = [];
  const query = () => table.query().select(["base_id", "text"]);
  for await (const batch of table.scan(query, (found) => found)) {
    const [ids, texts] = [batch.getChild("base_id"), batch.getChild("text")];
    for (let row = 0; row < batch.numRows; row++) rows.push(`${ids?.get(row)}:${texts?.get(row)}`);
  }
  return rows.toSorted();
}

/** The rows of items of consecutive numbers, as {@link rowsOf} gives them. */
export function expectedRows(from: number, count: number, version = 0): string[] {
  return Array.from({ length: count }, (_, i) => `${itemId(from + i)}:${textOf(from + i, version)}`).toSorted();
}

/** How many rows the indexes find, each asked for all that it should know; they are the same, or something is wrong. */
export async function rowsFoundBy({ store, table }: ItemTable, rows: number): Promise<Record<string, number>> {
  const byWords = await store.searchTerms([{ term: COMMON, weight: 1 }], rows + 1);
  const byVector = await store.searchVector(new Float32Array(DIMENSION).fill(1), rows + 1);
  return {
    terms: new Set(byWords.map(({ id }) => id)).size,
    vector: new Set(byVector.map(({ id }) => id)).size,
    id: await table.countRows(`id >= ''`),
    language: await table.countRows("language = 'none'"),
  };
}

/** Folders of the indexes, one of each kind, told apart by a file that only that kind has. */
export async function indexFolders({
  table,
}: ItemTable): Promise<Record<"bitmap" | "btree" | "terms" | "vector", string>> {
  const found = { bitmap: "", btree: "", terms: "", vector: "" };
  for (const name of await readdir(join(table.path, "_indices"))) {
    const folder = join(table.path, "_indices", name);
    const files = await readdir(folder);
    if (files.includes("bitmap_page_lookup.lance")) found.bitmap = folder;
    else if (files.includes("metadata.lance")) found.terms = folder;
    else if (files.includes("index.idx")) found.vector = folder;
    else found.btree = folder;
  }
  return found;
}

function withTable(folder: string, store: ItemStore): ItemTable {
  const [table] = store.tables;
  if (!table) throw new Error("A store of items has a table.");
  return { folder, store, table };
}

function item(n: number, version: number): EmbeddedSource {
  const text = textOf(n, version);
  const chunk = {
    startLine: 1,
    endLine: 1,
    kind: "lines" as const,
    symbols: [],
    scope: [],
    text,
    terms: `${COMMON} word${n % 50}`,
  };
  return {
    baseId: itemId(n),
    textHash: version.toString(16).padStart(32, "0"),
    language: "none",
    chunks: [
      { ...chunk, vector: Float32Array.from({ length: DIMENSION }, (_, i) => Math.sin(n * 13 + version + i * 7)) },
    ],
  };
}

function itemId(n: number): string {
  return `item-${String(n).padStart(6, "0")}`;
}

function textOf(n: number, version: number): string {
  return `text ${n} of version ${version}`;
}
