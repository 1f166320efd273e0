/** A chunk with more names than this is a list of constants or the like; the first ones describe it well enough. */
const MAX_SYMBOLS = 64;

/** Longer "names" are whole expressions. */
const MAX_SYMBOL_CHARS = 120;

/** Names in order without repeats, at most 64 of them. */
export function collectSymbols(names: Iterable<string>): string[] {
  const symbols = new Set<string>();
  for (const name of names) {
    if (symbols.size >= MAX_SYMBOLS) break;
    if (isSymbol(name)) symbols.add(name);
  }
  return [...symbols];
}

/** Follows each qualified name (`Store::open`, `M.setup`) with its last part, which is what people look for. */
export function* withLastParts(names: Iterable<string>): Generator<string> {
  for (const name of names) {
    yield name;
    const lastPart = /^[^\s"'`]*[.:#\\]([^\s"'`.:#\\]+)$/.exec(name)?.[1];
    if (lastPart !== undefined) yield lastPart;
  }
}

/** Whether a text can be shown and searched as a name: not empty, one line, not a whole expression. */
export function isSymbol(name: string): boolean {
  return name.trim() !== "" && name.length <= MAX_SYMBOL_CHARS && !name.includes("\n");
}
