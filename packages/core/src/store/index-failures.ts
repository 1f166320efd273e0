import type { Query, VectorQuery } from "@lancedb/lancedb";

import type { LanceTable } from "./lance-table.ts";
import { literals } from "./sql.ts";

/**
 * Asks the index over each of the columns one question that the first row answers. Files of it that are missing or
 * damaged show in that, those that an empty answer would not need included; rows that it does not cover are left out
 * where that can be.
 *
 * @param columns that have an index; without one the whole column would be read.
 * @returns what was thrown, by column.
 */
export async function failuresOfIndexes(
  table: LanceTable,
  columns: readonly string[],
): Promise<ReadonlyMap<string, Error>> {
  const failures = new Map<string, Error>();
  const values = columns.length === 0 ? new Map<string, string>() : await firstRow(table);
  for (const column of columns) {
    try {
      for await (const _ of table.scan(
        () => questionFor(table, column, values.get(column) ?? ""),
        () => undefined,
      ));
    } catch (error) {
      failures.set(column, error as Error);
    }
  }
  return failures;
}

/** The values of its texts; none if the table is empty or cannot be read. */
async function firstRow(table: LanceTable): Promise<ReadonlyMap<string, string>> {
  const values = new Map<string, string>();
  const columns = table.wantedIndexes.map(({ column }) => column);
  const query = () => table.query().select(columns).limit(1);
  try {
    for await (const batch of table.scan(query, (rows) => rows))
      for (const column of columns) if (batch.numRows > 0) values.set(column, String(batch.getChild(column)?.get(0)));
  } catch {
    // Then the questions are about nothing, which opens the indexes all the same.
  }
  return values;
}

function questionFor(table: LanceTable, column: string, value: string): Query | VectorQuery {
  const query = table.query();
  switch (column) {
    case "vector": {
      const anyDirection = new Float32Array(table.vectorDimension ?? 0).fill(1);
      const nearest = query.nearestTo(anyDirection).column(column).distanceType("cosine");
      return nearest.fastSearch().select(["id"]).limit(1);
    }
    case "terms": {
      const word = value.split(" ")[0] || "a";
      return query
        .fullTextSearch(word, { columns: [column] })
        .fastSearch()
        .select(["id"])
        .limit(1);
    }
    default:
      return query
        .where(`${column} = ${literals([value])}`)
        .select(["id"])
        .limit(1);
  }
}
