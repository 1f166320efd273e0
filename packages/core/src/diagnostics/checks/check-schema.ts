import type { Schema } from "apache-arrow";

import type { Finding } from "../../model/finding.ts";
import type { Remedies } from "../remedies.ts";
import { listed } from "../sentences.ts";

/** Has the table the columns that are read and written? */
export function checkSchema(table: string, found: Schema, expected: Schema, remedies: Remedies): Finding[] {
  const columns = new Map(expected.fields.map((field) => [field.name, columnType(field)]));
  const differences: string[] = [];
  for (const field of found.fields) {
    const type = columns.get(field.name);
    if (type === undefined) differences.push(`${field.name} is not known`);
    else if (type !== columnType(field)) differences.push(`${field.name} is ${columnType(field)}, not ${type}`);
    columns.delete(field.name);
  }
  for (const name of columns.keys()) differences.push(`${name} is missing`);
  if (differences.length === 0) return [];
  const sentence = `The table ${table} has other columns than this version of Resona writes: ${listed(differences)}.`;
  return [{ code: "SCHEMA_FOREIGN", severity: "error", sentence, remedy: remedies.rebuild }];
}

function columnType({ type, nullable }: Schema["fields"][number]): string {
  return `${String(type)}${nullable ? " or null" : ""}`;
}
