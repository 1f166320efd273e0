import { type ItemTable, expectedRows, put, remove } from "./item-table.test-helper.ts";

/** Versions of items by their number. */
type Items = Map<number, number>;

/** What a commit does follows from its number: mostly new items, now and then others changed or removed. */
function planOf(n: number): {
  readonly kind: "insert" | "change" | "remove";
  readonly from: number;
  readonly count: number;
} {
  if (n % 7 === 5) return { kind: "change", from: spread(n) % (n * 20 - 99), count: 100 };
  if (n % 7 === 6) return { kind: "remove", from: spread(n) % (n * 20), count: 60 };
  return { kind: "insert", from: n * 20, count: 20 };
}

export async function commitNumber(items: ItemTable, n: number): Promise<void> {
  const { kind, from, count } = planOf(n);
  if (kind === "remove") await remove(items, from, count);
  else await put(items, from, count, kind === "change" ? n : 0);
}

/** The rows after the commits of the numbers before `end`, as `rowsOf` gives them. */
export function rowsAfter(end: number): string[] {
  const items: Items = new Map();
  for (let n = 0; n < end; n++) {
    const { kind, from, count } = planOf(n);
    for (let item = from; item < from + count; item++)
      if (kind === "remove") items.delete(item);
      else items.set(item, kind === "change" ? n : 0);
  }
  return [...items].flatMap(([item, version]) => expectedRows(item, 1, version)).toSorted();
}

function spread(n: number): number {
  return Math.imul(n + 1, 0x9e3779b1) >>> 8;
}
