/**
 * Lists of which each has the best first, as one: first of all the first of each, then the second of each, and so on.
 * Of values with the same key only the first is kept.
 */
export function interleave<T>(lists: readonly (readonly T[])[], keyOf: (value: T) => string): T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  const values = new Map<string, T>();
  for (let rank = 0; rank < longest; rank++)
    for (const list of lists) {
      const value = list[rank];
      if (value !== undefined && !values.has(keyOf(value))) values.set(keyOf(value), value);
    }
  return [...values.values()];
}
