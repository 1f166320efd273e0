import type { RowRange, SourceLines } from "./source-lines.ts";

/**
 * A piece of syntax stays whole up to this many times the size that chunks aim at: a function a little too long for
 * one chunk is found better in one piece than in a big one and a scrap.
 */
const WHOLE_PIECE_FACTOR = 1.25;

/** A run of rows below this share of the size (a signature, a closing brace, a comment) joins its neighbour … */
const SCRAP_FACTOR = 0.2;

/** … up to this many times the size. */
const WITH_SCRAP_FACTOR = 1.4;

/**
 * Joins adjacent groups of rows into chunks of about `chunkChars` characters, in order and without gaps.
 * @param groups Adjacent: each begins on the row after the one before it.
 * @param splitLarge Splits a group that is too large for a chunk into adjacent ranges. The rows it is given may begin
 *   before the group: a scrap that precedes it, such as a class's first line, goes with its first piece.
 */
export function packRows<G extends RowRange>(
  lines: SourceLines,
  groups: readonly G[],
  chunkChars: number,
  splitLarge: (group: G, rows: RowRange) => readonly RowRange[],
): RowRange[] {
  const packed: RowRange[] = [];
  let pending: RowRange | undefined;

  const size = (range: RowRange): number => lines.size(range.first, range.last);
  const isScrap = (range: RowRange): boolean => size(range) <= chunkChars * SCRAP_FACTOR;
  const join = (a: RowRange, b: RowRange): RowRange | undefined => {
    const joined = { first: a.first, last: b.last };
    const limit = isScrap(a) || isScrap(b) ? WITH_SCRAP_FACTOR : 1;
    return size(joined) <= limit * chunkChars ? joined : undefined;
  };
  const flush = (): void => {
    if (!pending) return;
    const previous = packed.at(-1);
    const joined = previous && (isScrap(previous) || isScrap(pending)) ? join(previous, pending) : undefined;
    if (joined) packed.pop();
    packed.push(joined ?? pending);
    pending = undefined;
  };

  for (const group of groups) {
    const joined: RowRange | undefined = pending && join(pending, group);
    if (joined) {
      pending = joined;
      continue;
    }
    if (size(group) <= chunkChars * WHOLE_PIECE_FACTOR) {
      flush();
      pending = { first: group.first, last: group.last };
      continue;
    }
    if (pending && !isScrap(pending)) flush();
    packed.push(...splitLarge(group, { first: pending?.first ?? group.first, last: group.last }));
    pending = undefined;
  }
  flush();
  return packed;
}
