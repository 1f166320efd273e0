/** As much code as a chunk of the index has, and a bit: more would only blur what is meant. */
const MOST_CHARS = 2_000;

/** Code as a query in one line. */
export function queryOf(text: string): string {
  return text.slice(0, MOST_CHARS).replaceAll(/\s+/g, " ").trim();
}

/** Lines from 0, inclusive. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** What a document's outline says, as much as is asked of it. */
export interface SymbolLines extends LineRange {
  /** A function, a method or the like. */
  readonly isCallable: boolean;
  readonly children: readonly SymbolLines[];
}

/** A longer symbol is not one thing that something could be similar to. */
const MOST_LINES = 80;
const LINES_AROUND = 8;

/**
 * What the cursor is in: the outermost function around it, so that neither the class nor a callback counts; without one
 * any other symbol, and without that some lines before and after.
 */
export function linesAround(line: number, symbols: readonly SymbolLines[], lineCount: number): LineRange {
  const around = symbolsAround(line, symbols).filter(({ start, end }) => end - start < MOST_LINES);
  const { start, end } = around.find(({ isCallable }) => isCallable) ??
    around[0] ?? { start: Math.max(0, line - LINES_AROUND), end: Math.min(lineCount - 1, line + LINES_AROUND) };
  return { start, end };
}

/** From the outermost to the innermost. */
function symbolsAround(line: number, symbols: readonly SymbolLines[]): SymbolLines[] {
  const around = symbols.find(({ start, end }) => start <= line && line <= end);
  return around === undefined ? [] : [around, ...symbolsAround(line, around.children)];
}
