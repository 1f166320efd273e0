import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { env as processEnv, execPath } from "node:process";

/** git could not be run, or ended with a failure. */
export class GitFailure extends Error {
  /** Undefined when git is not installed or was killed. */
  readonly exitCode: number | undefined;
  /** git's own words, one line; for the user. */
  readonly detail: string;

  constructor(exitCode: number | undefined, detail: string, cause?: unknown) {
    super(detail, { cause });
    this.name = "GitFailure";
    this.exitCode = exitCode;
    this.detail = detail;
  }
}

/**
 * What git says of a folder: `listed` when it can list the folder's files, `ignored` when a repository further up
 * ignores the whole folder (so that its list would be empty), `none` when there is no repository.
 *
 * @throws GitFailure when there is a repository that git cannot use, or no git
 */
export async function gitStanding(folder: string, signal?: AbortSignal): Promise<"listed" | "ignored" | "none"> {
  try {
    for await (const _ of gitOutput(folder, ["check-ignore", "--quiet", "--", "."], signal));
    return "ignored";
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
    if (error.exitCode === 1) return "listed";
    if (/not a git repository|must be run in a work tree/u.test(error.detail)) return "none";
    throw error;
  }
}

/**
 * Paths of the tracked files and of the untracked ones that are not ignored, as bytes relative to `folder`, in batches
 * of what git has written so far. A nested repository is one path that ends with `/`; a submodule is one path without
 * it. Tracked files that no longer exist are among them.
 *
 * @throws GitFailure
 */
export async function* gitPaths(
  folder: string,
  untrackedExcludes: readonly string[],
  signal?: AbortSignal,
): AsyncGenerator<Buffer[]> {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  for (const pattern of untrackedExcludes) args.push("--exclude", pattern);
  let rest: Buffer = Buffer.alloc(0);
  let previous: Buffer = rest;
  for await (const chunk of gitOutput(folder, args, signal)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const paths: Buffer[] = [];
    let start = 0;
    for (let end = bytes.indexOf(0); end !== -1; end = bytes.indexOf(0, start)) {
      const path = bytes.subarray(start, end);
      // An unmerged path is listed once for each side, one after the other.
      if (!path.equals(previous)) paths.push(path);
      previous = path;
      start = end + 1;
    }
    rest = bytes.subarray(start);
    if (paths.length > 0) yield paths;
  }
}

const maxErrorChars = 4_096;

async function* gitOutput(folder: string, args: readonly string[], signal?: AbortSignal): AsyncGenerator<Buffer> {
  signal?.throwIfAborted();
  const child = spawn("git", [...guards, "-C", folder, ...args], {
    // Windows looks for a program in the working folder first; a workspace must not bring its own git.exe.
    cwd: dirname(execPath),
    env: cleanEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  const stop = (): boolean => child.kill();
  signal?.addEventListener("abort", stop, { once: true });
  const ended = once(child, "close");
  // Awaited below; without a handler of its own, a git that cannot be started would be an unhandled rejection.
  ended.catch(() => {});
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (errors.length < maxErrorChars) errors += text;
  });
  try {
    // A git that cannot be started is told before the stream is read: Bun breaks that off without the reason.
    await once(child, "spawn").catch(() => exitCodeOf(ended));
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const exitCode = await exitCodeOf(ended);
    signal?.throwIfAborted();
    if (exitCode !== 0) throw new GitFailure(exitCode, firstLine(errors) ?? `exit code ${exitCode ?? "none"}`);
  } finally {
    signal?.removeEventListener("abort", stop);
    if (child.exitCode === null) child.kill();
  }
}

async function exitCodeOf(ended: Promise<unknown[]>): Promise<number | undefined> {
  try {
    const [code] = await ended;
    return typeof code === "number" ? code : undefined;
  } catch (error) {
    throw new GitFailure(undefined, "git cannot be started", error);
  }
}

/** `fatal: …` rather than the warnings before it. */
function firstLine(errors: string): string | undefined {
  const lines = errors.split("\n").filter((line) => line.trim() !== "");
  return (lines.find((line) => line.startsWith("fatal:")) ?? lines[0])?.replace(/^fatal: /u, "");
}

// A repository's own configuration is untrusted: it may name a program as file-system monitor, or pose as a bare
// repository inside of another one.
const guards = ["-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit"];

/** Which of git's variables stay: where git and the user's own settings are, not which repository is meant. */
const keptVariables = new Set([
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_EXEC_PATH",
  "GIT_CEILING_DIRECTORIES",
  "GIT_DISCOVERY_ACROSS_FILESYSTEM",
]);

/** Inside a git hook or `git rebase --exec`, GIT_DIR and GIT_INDEX_FILE point to another repository or index. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(processEnv)) {
    if (!name.startsWith("GIT_") || keptVariables.has(name)) env[name] = value;
  }
  // English messages; no writing to the repository's index; no fetching of missing objects over the network.
  return { ...env, LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0", GIT_NO_LAZY_FETCH: "1" };
}
