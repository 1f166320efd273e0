import { randomBytes } from "node:crypto";

import { GitFailure, gitOutput } from "../support/git-process.ts";
import { separateFields } from "../support/separate-fields.ts";
import type { Repository } from "./repository.ts";

/** A commit and its parents, as the walk through history meets them: hashes in hexadecimal. */
export interface CommitNode {
  readonly hash: string;
  readonly parents: readonly string[];
}

/**
 * The commits that can be reached from some and not from others.
 *
 * @param revisions hashes, and `^` before those that exclude
 * @param isTopological whether no commit may come before one of its children, for which git reads the whole history
 *   before it says anything; otherwise they come newest first by the committers' clocks, as soon as they are read
 * @throws GitFailure after the commits that could be read
 */
export async function* walkCommits(
  repository: Repository,
  revisions: readonly string[],
  isTopological: boolean,
  signal?: AbortSignal,
): AsyncGenerator<CommitNode> {
  const order = isTopological ? ["--topo-order"] : [];
  const args = ["-C", repository.folder, "rev-list", "--parents", ...order, "--stdin"];
  for await (const lines of separateFields(gitOutput(args, { signal, input: linesOf(revisions) }), lineFeed)) {
    for (const line of lines) {
      const [hash = "", ...parents] = line.toString("latin1").split(" ");
      yield { hash, parents };
    }
  }
}

/**
 * The commits that can be reached from the head and have touched one of some files, and few others, newest first. git
 * finds them by its own comparisons, in much less time than `diffCommits` takes for all commits, unless the files are many.
 *
 * @param paths relative to the repository's folder, without line ends
 * @throws GitFailure after the commits that could be read
 */
export async function* walkCommitsTouching(
  repository: Repository,
  paths: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<CommitNode> {
  // Otherwise git follows one parent of a merge only; `--parents` would give the next of these commits as parents.
  const args = ["-C", repository.folder, "rev-list", "--full-history", "--format=%H %P", "--stdin"];
  const input = linesOf([repository.head, "--", ...paths]);
  for await (const lines of separateFields(gitOutput(args, { signal, input }), lineFeed)) {
    for (const line of lines) {
      const [hash = "", ...parents] = line.toString("latin1").split(" ");
      // Before what the format asks for, git puts a line of its own.
      if (hash !== "commit") yield { hash, parents: parents.filter((parent) => parent !== "") };
    }
  }
}

/**
 * Part of an answer: what was asked, followed by each path. The commit's `parents` are those that it is compared with:
 * the paths differ from *all* of them, or from nothing if there are none. The bytes are views, not to be kept.
 */
export type DiffEvent<Request extends CommitNode> =
  | { readonly kind: "commit"; readonly request: Request; readonly fields: readonly Buffer[] }
  /** From the top of the repository. */
  | { readonly kind: "path"; readonly path: Buffer }
  /** The last commit has all its paths, although the answers that follow may be missing. */
  | { readonly kind: "end" };

/**
 * Compares commits with their parents, by one git process for all of them, which is told one request after the other
 * and answers meanwhile, in their order. Blobs are never read (renames are not looked for), so this works in a clone
 * that has only those of the newest commit. Being one of git's plumbing commands, `diff-tree` heeds no settings that
 * change its output or name programs to run, as `git log` would (`log.showSignature`, `diff.orderFile` and others).
 *
 * @param fields placeholders of `--format`, to be given for each commit
 * @throws GitFailure after the answers that could be given
 */
export async function* diffCommits<Request extends CommitNode>(
  repository: Repository,
  requests: AsyncIterable<Request>,
  fields: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<DiffEvent<Request>[]> {
  const marker = randomBytes(16).toString("hex");
  const reader = new DiffReader<Request>(marker, fields.length);
  const args = ["-C", repository.folder, "diff-tree", "--stdin", "-r", "-c", "--root", "--no-renames", "--name-only"];
  args.push("-z", "--always", "--encoding=UTF-8", `--format=${[marker, "%H", ...fields].join("%x00")}`);
  if (repository.prefix !== "") args.push("--", ".");
  const input = requestLines(requests, reader);
  let failure: GitFailure | undefined;
  try {
    for await (const batch of separateFields(gitOutput(args, { signal, input }))) {
      yield batch.flatMap((field) => reader.read(field) ?? []);
    }
  } catch (error) {
    // git says nothing of a commit before it has found out everything, and ends only after it has said it.
    if (!(error instanceof GitFailure) || error.exitCode === undefined) throw error;
    failure = error;
  }
  yield [{ kind: "end" }];
  if (failure) throw failure;
}

async function* requestLines<Request extends CommitNode>(
  requests: AsyncIterable<Request>,
  reader: DiffReader<Request>,
): AsyncGenerator<string> {
  for await (const request of requests) {
    reader.expect(request);
    yield `${[request.hash, ...request.parents].join(" ")}\n`;
  }
}

async function* linesOf(lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield `${line}\n`;
}

/** `%at`, seconds since 1970 as somebody's clock had them, in milliseconds within what a `Date` can hold. */
export function millisecondsOf(seconds: Buffer | undefined): number {
  const value = Number(seconds?.toString("latin1")) * 1_000;
  return Math.abs(value) <= 8.64e15 ? value : 0;
}

const lineFeed = 0x0a;

/**
 * Understands the output of `git diff-tree --stdin -z --format=<marker>%x00%H%x00…`: for each commit the marker, its
 * hash, the fields, and the paths. A path may be anything but empty, also what looks like a hash: only the marker, which
 * nobody can know beforehand, tells where a commit begins. Before the paths git puts a line end where there is one
 * parent or none, and an empty field where there are more.
 */
class DiffReader<Request extends CommitNode> {
  readonly #marker: Buffer;
  readonly #headLength: number;
  readonly #expected: Request[] = [];
  /** The hash and the fields so far of the commit that has begun. */
  #head: Buffer[] | undefined;
  #hasLineFeed = false;

  constructor(marker: string, fieldCount: number) {
    this.#marker = Buffer.from(marker, "latin1");
    this.#headLength = 1 + fieldCount;
  }

  expect(request: Request): void {
    this.#expected.push(request);
  }

  read(field: Buffer): DiffEvent<Request> | undefined {
    if (this.#head) return this.#readHead(this.#head, field);
    if (field.length === 0) return undefined;
    if (field.equals(this.#marker)) {
      this.#head = [];
      return undefined;
    }
    const path = this.#hasLineFeed && field[0] === lineFeed ? field.subarray(1) : field;
    this.#hasLineFeed = false;
    return { kind: "path", path };
  }

  #readHead(head: Buffer[], field: Buffer): DiffEvent<Request> | undefined {
    head.push(field);
    if (head.length < this.#headLength) return undefined;
    const [hash, ...fields] = head;
    const request = this.#expected.shift();
    if (request === undefined || hash?.toString("latin1") !== request.hash) {
      throw new GitFailure(undefined, `git passed over commit ${request?.hash}`, "");
    }
    this.#head = undefined;
    this.#hasLineFeed = request.parents.length < 2;
    return { kind: "commit", request, fields };
  }
}
