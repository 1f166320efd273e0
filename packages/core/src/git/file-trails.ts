import type { CommitNode } from "./commit-changes.ts";

/** The commit that gave a file its present content. */
export interface LastCommit {
  /** Hexadecimal. */
  readonly hash: string;
  /** Milliseconds since 1970, by the author's clock. */
  readonly authoredAtMs: number;
}

/**
 * One of the comparisons of a commit: with its first parent, then with the first two at once, and so on. What differs
 * from the first two but not from all three is as in the third.
 */
export interface Comparison extends CommitNode {
  /** Whether it is with all parents. */
  readonly isLast: boolean;
}

/** No commit is known, or no trail. */
const NONE = -1;

/**
 * Follows files (numbers from 0) from a commit back to where each got its content: at a commit that differs from all its
 * parents in the file the search ends, otherwise it goes on at the first parent that has the same content. That is how
 * `git log -1 -- <file>` finds it (its manual's "History Simplification").
 *
 * The files at one commit are one trail, which goes on to the first parent as a whole, less the files that differ.
 * Trails that meet are joined as in union-find, so that a step costs no more than the differences it is told.
 */
export class FileTrails {
  /** The commit at which files are left without looking further. */
  readonly #end: string | undefined;
  /** Trails by the commit they have come to. */
  readonly #waiting = new Map<string, number>();
  /** The trail of a file, to be looked up in `#joined`; NONE at the end of its way. */
  readonly #trails: Int32Array;
  /** The trail that a trail has become part of; itself if it has not. */
  readonly #joined: number[] = [];
  /** Files of a trail that is not part of another one. */
  readonly #sizes: number[] = [];
  #pending = 0;

  readonly #found: Int32Array;
  readonly #commits = new CommitTable();

  /** The commit that is being compared, its trail, and those of its files that differ from each parent so far. */
  #step: Comparison | undefined;
  #authoredAtMs = 0;
  #here = NONE;
  #differing = new Set<number>();
  #differingNow = new Set<number>();

  constructor(fileCount: number, head: string, end?: string) {
    this.#end = end;
    this.#trails = new Int32Array(fileCount);
    this.#found = new Int32Array(fileCount).fill(NONE);
    this.#pending = fileCount;
    // All files begin in trail 0.
    this.#moveTrail(this.#newTrail(fileCount), head);
  }

  /** Files whose way has not ended. */
  get pending(): number {
    return this.#pending;
  }

  /** The commits that files have come to, and that have not been compared since. */
  get commits(): string[] {
    return [...this.#waiting.keys()];
  }

  /** @returns undefined if the search for the file has not ended at a commit */
  lastCommitOf(file: number): LastCommit | undefined {
    return this.#commits.at(this.#found[file]!);
  }

  /** Begins a comparison; those of a commit come one after the other. */
  compare(step: Comparison, authoredAtMs: number): void {
    if (this.#step === undefined) this.#here = this.#waiting.get(step.hash) ?? NONE;
    this.#step = step;
    this.#authoredAtMs = authoredAtMs;
  }

  /** A file that differs in the comparison, whether it has come to this commit or not. */
  differs(file: number): void {
    if (this.#here === NONE) return;
    const isFirst = (this.#step?.parents.length ?? 0) < 2;
    if (isFirst ? this.#trailOf(file) === this.#here : this.#differing.has(file)) this.#differingNow.add(file);
  }

  /** All differences of the comparison have been told. */
  endComparison(): void {
    const step = this.#step;
    if (step === undefined) return;
    for (const file of this.#differing) {
      if (!this.#differingNow.has(file)) this.#moveFile(file, step.parents.at(-1)!);
    }
    this.#differing = this.#differingNow;
    this.#differingNow = new Set();
    if (step.isLast) this.#leave(step);
  }

  #leave({ hash, parents }: Comparison): void {
    if (this.#differing.size > 0) {
      const commit = this.#commits.add(hash, this.#authoredAtMs);
      for (const file of this.#differing) {
        this.#take(file);
        this.#found[file] = commit;
      }
      this.#pending -= this.#differing.size;
    }
    this.#differing = new Set();
    this.#waiting.delete(hash);
    if (this.#here !== NONE && parents[0] !== undefined) this.#moveTrail(this.#here, parents[0]);
    this.#here = NONE;
    this.#step = undefined;
  }

  #moveTrail(trail: number, commit: string): void {
    const size = this.#sizes[trail]!;
    if (size === 0) return;
    if (commit === this.#end) {
      this.#pending -= size;
      return;
    }
    const other = this.#waiting.get(commit);
    if (other === undefined) {
      this.#waiting.set(commit, trail);
    } else {
      this.#joined[trail] = other;
      this.#sizes[other] = this.#sizes[other]! + size;
    }
  }

  #moveFile(file: number, commit: string): void {
    this.#take(file);
    if (commit === this.#end) {
      this.#pending--;
      return;
    }
    const trail = this.#waiting.get(commit) ?? this.#newTrail(0);
    this.#waiting.set(commit, trail);
    this.#trails[file] = trail;
    this.#sizes[trail] = this.#sizes[trail]! + 1;
  }

  #newTrail(size: number): number {
    this.#sizes.push(size);
    return this.#joined.push(this.#joined.length) - 1;
  }

  /** Takes a file out of the trail it is in. */
  #take(file: number): void {
    const trail = this.#trailOf(file);
    this.#sizes[trail] = this.#sizes[trail]! - 1;
    this.#trails[file] = NONE;
  }

  #trailOf(file: number): number {
    let trail = this.#trails[file]!;
    if (trail === NONE) return NONE;
    for (let next = this.#joined[trail]!; next !== trail; next = this.#joined[trail]!) {
      // Halves the way for the next time.
      this.#joined[trail] = this.#joined[next]!;
      trail = next;
    }
    this.#trails[file] = trail;
    return trail;
  }
}

/** Commits by number, in as many bytes as a hash and a time have. */
class CommitTable {
  readonly #times: number[] = [];
  #hashes: Buffer = Buffer.alloc(1_024);
  #hashBytes = 0;

  add(hash: string, authoredAtMs: number): number {
    this.#hashBytes = hash.length / 2;
    const number = this.#times.push(authoredAtMs) - 1;
    const start = number * this.#hashBytes;
    if (start + this.#hashBytes > this.#hashes.length) {
      this.#hashes = Buffer.concat([this.#hashes], this.#hashes.length * 2);
    }
    this.#hashes.write(hash, start, "hex");
    return number;
  }

  at(number: number): LastCommit | undefined {
    const authoredAtMs = this.#times[number];
    if (authoredAtMs === undefined) return undefined;
    const start = number * this.#hashBytes;
    return { hash: this.#hashes.toString("hex", start, start + this.#hashBytes), authoredAtMs };
  }
}
