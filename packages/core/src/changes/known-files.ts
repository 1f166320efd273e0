import type { FileRecord, SettledOutcome } from "../model/file-record.ts";
import { skipReasons } from "../model/skip-reason.ts";
import type { SkipReason } from "../model/skip-reason.ts";
import type { DiscoveredFile } from "../model/source-file.ts";
import { UNTRUSTED } from "./trusted-mtime.ts";

/** A file whose content was read and processed to the end, so that the same content need not be again. */
export interface SettledFile extends FileRecord {
  readonly outcome: SettledOutcome;
}

/**
 * - `new`: nothing is known of it.
 * - `unchanged`: what is recorded still holds.
 * - `check`: read the file; if the hash is that of `settled(path)`, only the record's size and time are out of date.
 *   A skipped file needs no reading: its reason is not the one recorded.
 */
export type ChangeStatus = "new" | "unchanged" | "check";

/**
 * Takes in the records as they are streamed from the store; no batch is kept.
 *
 * @throws what the stream throws
 */
export async function loadKnownFiles(batches: AsyncIterable<readonly FileRecord[]>): Promise<KnownFiles> {
  const known = new KnownFiles();
  for await (const batch of batches) {
    for (const file of batch) known.add(file);
  }
  return known;
}

/**
 * The files of an index, to be compared with those found. Half a million of them must fit beside
 * everything else, so there is no object for each: columns of numbers, 40 bytes a file, and a map of the paths.
 */
export class KnownFiles {
  /** Path to row in the columns below. */
  readonly #rows = new Map<string, number>();
  #capacity = 1_024;
  #sizes = new Float64Array(this.#capacity);
  #mtimes = new Float64Array(this.#capacity);
  #hashes = new Uint8Array(this.#capacity * hashBytes);
  #outcomes = new Uint8Array(this.#capacity);
  #chunkCounts = new Uint32Array(this.#capacity);
  #languages = new Uint16Array(this.#capacity);
  /** The few words that the column above refers to. */
  readonly #languageNames: string[] = [];
  #seen = new Uint8Array(this.#capacity);

  /** How many files are known. */
  get size(): number {
    return this.#rows.size;
  }

  /** Adds a file, or replaces what is known of it. */
  add(file: FileRecord): void {
    let row = this.#rows.get(file.path);
    if (row === undefined) {
      row = this.#rows.size;
      if (row === this.#capacity) this.#grow();
      this.#rows.set(file.path, row);
    }
    this.#sizes[row] = file.size;
    this.#mtimes[row] = file.mtimeMs;
    this.#outcomes[row] = outcomeCode(file);
    this.#chunkCounts[row] = file.chunkCount;
    this.#languages[row] = this.#languageCode(file.language);
    const hash = hasHash(file.hash) ? Buffer.from(file.hash, "hex") : noHash;
    this.#hashes.set(hash, row * hashBytes);
  }

  /** Compares a found file with what is known of it, and remembers that it was found. */
  classify(file: DiscoveredFile): ChangeStatus {
    const row = this.#rows.get(file.path);
    if (row === undefined) return "new";
    this.#seen[row] = 1;
    if (file.kind === "skipped") return this.#outcomes[row] === skipCode(file.reason) ? "unchanged" : "check";
    const isSame = this.#sizes[row] === file.size && this.#mtimes[row] === file.mtimeMs;
    return isSame && this.#isSettled(row) ? "unchanged" : "check";
  }

  /** What is recorded of a file that was read and processed; undefined for any other, so its `hash` is never empty. */
  settled(path: string): SettledFile | undefined {
    const row = this.#rows.get(path);
    if (row === undefined || !this.#isSettled(row)) return undefined;
    const reason = skipReasonOf(this.#outcomes[row] ?? unsettled);
    return {
      path,
      hash: this.#hash(row).toString("hex"),
      size: this.#sizes[row] ?? 0,
      mtimeMs: this.#mtimes[row] ?? UNTRUSTED,
      language: this.#languageNames[this.#languages[row] ?? 0] ?? "",
      chunkCount: this.#chunkCounts[row] ?? 0,
      outcome: reason === undefined ? { kind: "indexed" } : { kind: "skipped", reason },
    };
  }

  /** Whether the index has contents of the file, be they of an earlier state of it. */
  isIndexed(path: string): boolean {
    const row = this.#rows.get(path);
    return row !== undefined && (this.#outcomes[row] === indexed || this.#outcomes[row] === indexedBefore);
  }

  /** Whether the file could not be indexed when it was last looked at. */
  hasFailed(path: string): boolean {
    const row = this.#rows.get(path);
    return row !== undefined && (this.#outcomes[row] === unsettled || this.#outcomes[row] === indexedBefore);
  }

  /** Takes back that a file was found: it was gone when it was to be read. */
  missed(path: string): void {
    const row = this.#rows.get(path);
    if (row !== undefined) this.#seen[row] = 0;
  }

  /** Whether anything is known of the path. */
  has(path: string): boolean {
    return this.#rows.has(path);
  }

  /** Paths known that were not found. Only meaningful after all files were classified. */
  *removed(): Generator<string> {
    for (const [path, row] of this.#rows) {
      if (this.#seen[row] === 0) yield path;
    }
  }

  /** Without a hash the content was never looked at: a rule settled it by name or size, and may no longer do so. */
  #isSettled(row: number): boolean {
    return this.#outcomes[row] !== unsettled && !this.#hash(row).equals(noHash);
  }

  #hash(row: number): Buffer {
    return Buffer.from(this.#hashes.buffer, row * hashBytes, hashBytes);
  }

  #languageCode(language: string): number {
    const code = this.#languageNames.indexOf(language);
    return code === -1 ? this.#languageNames.push(language) - 1 : code;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#sizes = grown(this.#sizes, new Float64Array(this.#capacity));
    this.#mtimes = grown(this.#mtimes, new Float64Array(this.#capacity));
    this.#hashes = grown(this.#hashes, new Uint8Array(this.#capacity * hashBytes));
    this.#outcomes = grown(this.#outcomes, new Uint8Array(this.#capacity));
    this.#chunkCounts = grown(this.#chunkCounts, new Uint32Array(this.#capacity));
    this.#languages = grown(this.#languages, new Uint16Array(this.#capacity));
    this.#seen = grown(this.#seen, new Uint8Array(this.#capacity));
  }
}

const hashBytes = 16;
/** Stands for "never read"; that a content hashes to 128 zero bits will not happen. */
const noHash = Buffer.alloc(hashBytes);

/** A failed file, and one skipped for a reason that this version does not know: to be done again. */
const unsettled = 0;
const indexed = 1;
/** What is indexed is of an earlier content: the file has failed since. */
const indexedBefore = 2;
const firstSkipCode = 3;
const skipReasonNames = Object.keys(skipReasons) as readonly SkipReason[];

function skipCode(reason: SkipReason): number {
  const position = skipReasonNames.indexOf(reason);
  return position === -1 ? unsettled : firstSkipCode + position;
}

function skipReasonOf(code: number): SkipReason | undefined {
  return skipReasonNames[code - firstSkipCode];
}

function outcomeCode({ outcome }: FileRecord): number {
  switch (outcome.kind) {
    case "indexed":
      return outcome.failure === undefined ? indexed : indexedBefore;
    case "skipped":
      return skipCode(outcome.reason);
    case "failed":
      return unsettled;
  }
}

function hasHash(hash: string): boolean {
  return /^[0-9a-f]{32}$/u.test(hash);
}

function grown<T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
