import { execFileSync } from "node:child_process";
import { env } from "node:process";

import fc from "fast-check";

import { git } from "../../test/git-repository.ts";
import { openRepository, type Repository } from "./repository.ts";

// What is tested runs git in this process's environment.
env["GIT_CONFIG_GLOBAL"] = "/dev/null";
env["GIT_CONFIG_NOSYSTEM"] = "1";

export async function opened(folder: string): Promise<Repository> {
  const repository = await openRepository(folder);
  if (repository.kind === "none") throw new Error(repository.detail);
  return repository;
}

/** Commits whatever is in the folder, and gives the commit's hash. */
export function commitAll(folder: string, message: string): string {
  git(folder, "add", "--all");
  git(folder, "commit", "-qm", message, "--allow-empty");
  return headOf(folder);
}

export function headOf(folder: string): string {
  return git(folder, "rev-parse", "HEAD").trim();
}

/** A commit of a history made up for a test: what each file holds, by the bytes of its name as latin1. */
export interface MadeCommit {
  /** Numbers of earlier commits. */
  readonly parents: readonly number[];
  readonly files: ReadonlyMap<string, string>;
  /** Seconds since 1970. */
  readonly committedAt: number;
  readonly message: string;
}

/** Puts commits into a repository beside what is there, and gives their hashes. */
export function addCommits(folder: string, commits: readonly MadeCommit[]): string[] {
  const parts: string[] = [];
  for (const [i, { parents, files, committedAt, message }] of commits.entries()) {
    const person = `A <a@example.com> ${committedAt} +0000`;
    parts.push(
      `reset refs/heads/made\ncommit refs/heads/made\nmark :${i + 1}\nauthor ${person}\ncommitter ${person}\n`,
    );
    parts.push(`data ${Buffer.byteLength(message, "latin1")}\n${message}\n`);
    for (const [k, parent] of parents.entries()) parts.push(`${k === 0 ? "from" : "merge"} :${parent + 1}\n`);
    parts.push("deleteall\n");
    for (const [path, text] of files) parts.push(`M 100644 inline "${octal(path)}"\ndata ${text.length}\n${text}\n`);
  }
  parts.push(...commits.map((_, i) => `get-mark :${i + 1}\n`), "done\n");
  const output = execFileSync("git", ["-C", folder, "fast-import", "--quiet", "--force", "--done"], {
    input: Buffer.from(parts.join(""), "latin1"),
    stdio: ["pipe", "pipe", "inherit"],
  });
  return output.toString("latin1").trim().split("\n");
}

function octal(path: string): string {
  return Array.from(Buffer.from(path, "latin1"), (byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}

/** Histories of branches, merges of up to four parents, renames, deletions, odd names and wrong clocks. */
export const histories: fc.Arbitrary<MadeCommit[]> = fc
  .array(
    fc.record({
      parents: fc.array(fc.nat({ max: 6 }), { maxLength: 4 }),
      changes: fc.dictionary(
        fc.constantFrom("a", "b", "d/a", "d/e/f", "\n", "\nd", 'q"\\', "caf\xc3\xa9", "\xff", "-x"),
        fc.option(fc.constantFrom("0", "1", "2"), { freq: 4 }),
        { maxKeys: 3 },
      ),
      choices: fc.array(fc.nat({ max: 3 }), { minLength: 3, maxLength: 3 }),
      committedAt: fc.nat({ max: 20 }),
    }),
    { minLength: 1, maxLength: 14 },
  )
  .map((steps) => {
    const commits: MadeCommit[] = [];
    for (const [i, { parents: back, changes, choices, committedAt }] of steps.entries()) {
      // Mostly the commit before, sometimes older ones, seldom none.
      const parents = [...new Set((i > 0 && back.length === 0 ? [0] : back).map((n) => i - 1 - n))].filter(
        (n) => n >= 0,
      );
      const files = new Map<string, string>();
      const paths = new Set(parents.flatMap((parent) => [...commits[parent]!.files.keys()]));
      for (const [k, path] of [...paths].entries()) {
        const chosen = parents[choices[k % choices.length]! % parents.length]!;
        const text = commits[chosen]!.files.get(path);
        if (text !== undefined) files.set(path, text);
      }
      for (const [path, text] of Object.entries(changes)) {
        if (text === null) files.delete(path);
        else files.set(path, text);
      }
      commits.push({ parents, files, committedAt: 1_000_000_000 + committedAt, message: `commit ${i}` });
    }
    return commits;
  });
