import { join } from "node:path";

import { type FoundHit, keyOf } from "./found-hit.ts";

/** A file with what was found in it. */
export interface ResultFile {
  /** Absolute. */
  readonly path: string;
  /** At least one, the best first. */
  readonly hits: readonly [FoundHit, ...FoundHit[]];
}

/** Hits in the order of their rank, grouped by file; files are in the order of their best hits. */
export class ResultList {
  readonly hits: readonly FoundHit[];
  readonly files: readonly ResultFile[];

  constructor(hits: readonly FoundHit[]) {
    const files = new Map<string, [FoundHit, ...FoundHit[]]>();
    for (const hit of hits) {
      const path = pathOf(hit);
      const found = files.get(path);
      if (found === undefined) files.set(path, [hit]);
      else found.push(hit);
    }
    this.files = [...files].map(([path, found]) => ({ path, hits: found }));
    this.hits = this.files.flatMap((file) => file.hits);
  }

  fileOf(hit: FoundHit): ResultFile | undefined {
    const path = pathOf(hit);
    return this.files.find((file) => file.path === path);
  }

  /** The hit after another one, or before it, round and round; the first or the last if there is no other one. */
  step(from: FoundHit | undefined, by: 1 | -1): FoundHit | undefined {
    const key = from && keyOf(from);
    const at = this.hits.findIndex((hit) => keyOf(hit) === key);
    if (at < 0) return this.hits.at(by === 1 ? 0 : -1);
    return this.hits.at((at + by) % this.hits.length);
  }

  without(dismissed: readonly FoundHit[]): ResultList {
    const keys = new Set(dismissed.map(keyOf));
    return new ResultList(this.hits.filter((hit) => !keys.has(keyOf(hit))));
  }
}

function pathOf({ folder, path }: FoundHit): string {
  return join(folder.path, path);
}
