/** SQL string literals; a quote is the only character that needs escaping. */
export function literals(values: readonly string[]): string {
  return values.map((value) => `'${value.replaceAll("'", "''")}'`).join(",");
}

/** Values of one SQL list; a statement with hundreds of thousands takes seconds to parse. */
const LIST_LENGTH = 5_000;

/** A list in parts short enough for one statement each. */
export function* listParts<T>(values: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < values.length; from += LIST_LENGTH) yield values.slice(from, from + LIST_LENGTH);
}
