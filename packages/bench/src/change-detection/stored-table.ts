import { createHash, randomFillSync } from "node:crypto";

import { importCoreInternals } from "../core-internals.ts";

/** The one table in a folder of the benchmark. */
export const TABLE = "chunks";

export interface StoredTableShape {
  readonly records: number;
  /** Different items; each has as many records as the others, or one more. */
  readonly baseIds: number;
  readonly dimension: number;
  /** Characters of a record's text; 0 for a table without texts. */
  readonly textLength: number;
  /** Rows of one commit, which make one fragment. */
  readonly commitRows: number;
}

/** Writes a table of records with ids, hashes, texts like code and float16 vectors into an empty folder. */
export async function writeStoredTable(folder: string, shape: StoredTableShape): Promise<void> {
  const { arrow, connect } = await importCoreInternals("store/arrow", "store/lance");
  const vectorType = new arrow.FixedSizeList(shape.dimension, new arrow.Field("item", new arrow.Float16(), true));
  const schema = new arrow.Schema([
    new arrow.Field("id", new arrow.Utf8(), false),
    new arrow.Field("text_hash", new arrow.FixedSizeBinary(16), true),
    ...(shape.textLength > 0 ? [new arrow.Field("text", new arrow.Utf8(), false)] : []),
    new arrow.Field("vector", vectorType, false),
  ]);
  const strings = (values: readonly Buffer[]) => {
    const valueOffsets = new Int32Array(values.length + 1);
    for (const [i, value] of values.entries()) valueOffsets[i + 1] = (valueOffsets[i] ?? 0) + value.length;
    const type = new arrow.Utf8();
    return arrow.makeData({ type, length: values.length, nullCount: 0, valueOffsets, data: Buffer.concat(values) });
  };

  const db = await connect(folder);
  const table = await db.createEmptyTable(TABLE, schema);
  for (let from = 0; from < shape.records; from += shape.commitRows) {
    const length = Math.min(shape.commitRows, shape.records - from);
    const items = Array.from({ length }, (_, i) => idsOf(from + i, shape));
    const halves = { type: new arrow.Float16(), length: length * shape.dimension };
    const children = [
      strings(items.map(({ id }) => Buffer.from(id))),
      arrow.makeData({
        type: new arrow.FixedSizeBinary(16),
        length,
        nullCount: 0,
        data: Buffer.concat(items.map(({ baseId }) => hashOf(baseId))),
      }),
      ...(shape.textLength > 0 ? [strings(items.map(() => codeLikeText(shape.textLength)))] : []),
      arrow.makeData({
        type: vectorType,
        length,
        nullCount: 0,
        child: arrow.makeData({ ...halves, data: randomHalves(halves.length) }),
      }),
    ];
    const rows = arrow.makeData({ type: new arrow.Struct(schema.fields), length, nullCount: 0, children });
    await table.add(new arrow.Table(schema, [new arrow.RecordBatch(schema, rows)]));
  }
  table.close();
  db.close();
}

/** The base id and the id of a record; records of one item follow each other. */
function idsOf(record: number, { records, baseIds }: StoredTableShape): { baseId: string; id: string } {
  const item = Math.floor((record * baseIds) / records);
  const baseId = `packages/package-${item % 50}/src/feature-${item % 1_000}/module-${item}.ts`;
  return { baseId, id: `${baseId}#${record - Math.ceil((item * records) / baseIds)}` };
}

/** The hash that is stored for an item. */
function hashOf(baseId: string): Buffer {
  return createHash("sha256").update(baseId).digest().subarray(0, 16);
}

/** Numbers from 0.5 to 1, positive and negative, as half-precision bits. */
function randomHalves(count: number): Uint16Array {
  return randomFillSync(new Uint16Array(count)).map((bits) => (bits & 0x83ff) | 0x3800);
}

const words = ["return", "const", "await", "request", "retry", "upload", "index", "buffer", "size", "if", "for", "map"];
const lines: readonly Buffer[] = Array.from({ length: 4_096 }, (_, n) => {
  const picked = Array.from({ length: 6 }, (__, i) => words[(n * 7 + i * i * 5 + (n >> (i + 2))) % words.length]);
  return Buffer.from(`  ${picked.join(" ")} ${n.toString(36)};\n`);
});

function codeLikeText(length: number): Buffer {
  const parts: Buffer[] = [];
  for (let size = 0; size < length; size += parts.at(-1)?.length ?? 0)
    parts.push(lines[Math.floor(Math.random() * lines.length)] ?? Buffer.from("\n"));
  return Buffer.concat(parts, length);
}
