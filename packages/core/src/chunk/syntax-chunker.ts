import type { Node } from "web-tree-sitter";

import type { Chunk } from "../model/chunk.ts";
import { lineWindows } from "./line-chunker.ts";
import { packRows } from "./pack-rows.ts";
import { makeChunk, trimBlankRows, type RowRange, type SourceLines } from "./source-lines.ts";
import { collectSymbols, isSymbol, withLastParts } from "./symbols.ts";
import type { DefinitionMatch, Syntax } from "./syntax-parser.ts";

/**
 * Cuts a text between the nodes of its syntax tree: whole definitions stay together, small neighbours are joined, and
 * what is too large for a chunk is cut between its own children.
 * @returns `undefined` for a tree that says too little: most of the text is syntax errors.
 */
export function chunkSyntax(lines: SourceLines, syntax: Syntax, chunkChars: number): Chunk[] | undefined {
  if (isMostlyErrors(syntax.root)) return undefined;
  const definitions = readDefinitions(syntax.definitions);
  const byNameRow = Map.groupBy(definitions, ({ nameRow }) => nameRow);
  const enclosing = definitions.filter(({ rows }) => rows.last > rows.first);
  const whole = { first: 0, last: lines.count - 1 };
  return splitNode(lines, syntax, syntax.root, whole, chunkChars, 0).flatMap((range) => {
    const rows = trimBlankRows(lines, range);
    if (!rows) return [];
    const symbols = collectSymbols(withLastParts(namesIn(byNameRow, rows)));
    const scope = scopeOf(enclosing, rows.first);
    const kind = symbols.length > 0 || scope.length > 0 ? "definition" : "code";
    return [makeChunk(lines, rows, chunkChars, { kind, symbols, scope })];
  });
}

/** Beyond this share of a text that fits no syntax, the rest of its tree is guesswork. */
const MAX_ERROR_SHARE = 0.5;

function isMostlyErrors(root: Node): boolean {
  if (!root.hasError) return false;
  const errors = root.isError ? [root] : root.children.filter((child) => child.isError);
  const chars = errors.reduce((sum, error) => sum + strayChars(error), 0);
  return chars > (root.endIndex - root.startIndex) * MAX_ERROR_SHARE;
}

/** Characters of an error node outside of what was understood within it: single tokens and what was skipped. */
function strayChars(error: Node): number {
  let chars = error.endIndex - error.startIndex;
  for (const child of error.children) {
    if (!child.isError && child.childCount > 0) chars -= child.endIndex - child.startIndex;
  }
  return chars;
}

/** Deeper nesting comes from long chains of operators or calls, where levels mean nothing; they are cut by lines. */
const MAX_DEPTH = 100;

/** Cuts rows that `node` covers (and perhaps a few before it) into adjacent ranges. */
function splitNode(
  lines: SourceLines,
  syntax: Syntax,
  node: Node,
  rows: RowRange,
  chunkChars: number,
  depth: number,
): RowRange[] {
  if (rows.first === rows.last) return [rows];
  const groups = depth < MAX_DEPTH ? attachToNext(rowGroups(node, rows, syntax)) : [];
  if (groups.length === 0) return lineWindows(lines, rows, chunkChars);
  return packRows(lines, groups, chunkChars, (group, groupRows) =>
    splitNode(lines, syntax, group.node, groupRows, chunkChars, depth + 1),
  );
}

/** Rows of one child, or of several that share lines. */
interface RowGroup extends RowRange {
  /** The child with the most rows. */
  readonly node: Node;
  /** Whether it belongs to what follows it: a comment, a decorator, a signature. */
  readonly attached: boolean;
  /** Whether rows without a child of their own, blank as a rule, come before it. */
  readonly gapBefore: boolean;
}

/** The children of a node as adjacent groups of rows that cover `rows`; rows between children go with the next one. */
function rowGroups(node: Node, rows: RowRange, syntax: Syntax): RowGroup[] {
  const groups: RowGroup[] = [];
  // A signature stays with the beginning of what it is the signature of.
  const bodyStart = node.childForFieldName("body")?.startIndex ?? 0;
  for (const child of node.children) {
    const childFirst = child.startPosition.row;
    const childLast = Math.min(lastRowOf(child), rows.last);
    if (childFirst > rows.last) break;
    const current = groups.at(-1);
    if (current && childLast <= current.last && !current.attached) continue;

    const attached = child.startIndex < bodyStart || syntax.isAttached(child.type);
    if (!current || childFirst > current.last) {
      const first = current ? current.last + 1 : rows.first;
      groups.push({ first, last: Math.max(first, childLast), node: child, attached, gapBefore: childFirst > first });
      continue;
    }
    groups.pop();
    if (childLast > current.last && childFirst > current.node.startPosition.row) {
      // `} else {`, `}, {`: the line where one large child ends and another begins goes with the second.
      groups.push({ ...current, last: childFirst - 1 });
      groups.push({ first: childFirst, last: childLast, node: child, attached, gapBefore: false });
    } else {
      const larger = childLast > current.last ? child : current.node;
      groups.push({
        ...current,
        last: Math.max(current.last, childLast),
        node: larger,
        attached: attached && current.attached,
      });
    }
  }
  const last = groups.pop();
  if (last) groups.push({ ...last, last: rows.last });
  return groups;
}

/** The last row with text of the node: one that ends at the start of a row ends on the row before. */
function lastRowOf(node: Node): number {
  const { row, column } = node.endPosition;
  return column === 0 && row > node.startPosition.row ? row - 1 : row;
}

/** Joins comments, decorators and attributes with the group that follows without a gap. */
function attachToNext(groups: readonly RowGroup[]): RowGroup[] {
  const joined: RowGroup[] = [];
  for (const group of groups) {
    const previous = joined.at(-1);
    if (previous?.attached && !group.gapBefore) {
      joined.pop();
      joined.push({ ...group, first: previous.first, gapBefore: previous.gapBefore });
    } else {
      joined.push(group);
    }
  }
  return joined;
}

interface Definition {
  readonly name: string;
  readonly nameRow: number;
  /** Rows of the whole definition; empty (`last` before `first`) for one that encloses nothing. */
  readonly rows: RowRange;
  readonly defines: boolean;
}

/** In the order of the text, outer before inner, without repeats. */
function readDefinitions(matches: readonly DefinitionMatch[]): Definition[] {
  const found = new Map<string, Definition>();
  for (const { name: nameNode, body, defines } of matches) {
    const name = nameNode.text;
    if (!isSymbol(name)) continue;
    const nameRow = nameNode.startPosition.row;
    const rows = body
      ? { first: body.startPosition.row, last: lastRowOf(body) }
      : { first: nameRow, last: nameRow - 1 };
    // Two patterns may find the same definition, by way of a larger or smaller node.
    const key = `${nameNode.startIndex}`;
    const known = found.get(key);
    if (!known || known.rows.last < rows.last) found.set(key, { name, nameRow, rows, defines });
  }
  return [...found.values()].toSorted(
    (a, b) => a.rows.first - b.rows.first || b.rows.last - a.rows.last || a.nameRow - b.nameRow,
  );
}

function* namesIn(byNameRow: ReadonlyMap<number, readonly Definition[]>, rows: RowRange): Generator<string> {
  for (let row = rows.first; row <= rows.last; row++) {
    for (const { defines, name } of byNameRow.get(row) ?? []) if (defines) yield name;
  }
}

/** Deeper nesting is cut off: the outer names say where a chunk is. */
const MAX_SCOPE_DEPTH = 16;

function scopeOf(definitions: readonly Definition[], row: number): string[] {
  return definitions
    .filter(({ rows }) => rows.first < row && rows.last >= row)
    .slice(0, MAX_SCOPE_DEPTH)
    .map(({ name }) => name);
}
