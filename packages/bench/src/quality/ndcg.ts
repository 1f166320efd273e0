import type { Target } from "./benchmark-data.ts";

/** One row of a result list. */
export interface ResultRow {
  readonly path: string;
  readonly startLine: number;
  readonly endLine: number;
}

const RANKS = 10;

/**
 * NDCG@10 with equal gains: each target counts at the rank of the first row that meets it, and rows that meet nothing
 * new count nothing. 0 to 1; 0 without targets.
 */
export function ndcgAt10(rows: readonly ResultRow[], targets: readonly Target[]): number {
  const hitRanks = new Set(targets.map((target) => rows.slice(0, RANKS).findIndex((row) => meets(row, target))));
  hitRanks.delete(-1);
  const ideal = discounted(Array.from({ length: Math.min(RANKS, targets.length) }, (_, rank) => rank));
  return ideal === 0 ? 0 : discounted(hitRanks) / ideal;
}

function discounted(ranks: Iterable<number>): number {
  return [...ranks].reduce((sum, rank) => sum + 1 / Math.log2(rank + 2), 0);
}

function meets({ path, startLine, endLine }: ResultRow, target: Target): boolean {
  const samePath = path === target.path || path.endsWith(`/${target.path}`) || target.path.endsWith(`/${path}`);
  return samePath && (target.lines === undefined || (endLine >= target.lines.start && startLine <= target.lines.end));
}
