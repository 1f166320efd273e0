import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { dirname } from "node:path";
import { env as processEnv, execPath, platform } from "node:process";
import type { Readable, Writable } from "node:stream";

/** git could not be run, or ended with a failure. The message is git's own words, one line, fit to be shown. */
export class GitFailure extends Error {
  /** Undefined when git could not be started or was killed. */
  readonly exitCode: number | undefined;
  /** The end of all that git said, 16 KiB at most, for telling failures apart. */
  readonly messages: string;
  readonly isNotInstalled: boolean;

  constructor(exitCode: number | undefined, detail: string, messages: string, startError?: Error) {
    super(detail, { cause: startError });
    this.name = "GitFailure";
    this.exitCode = exitCode;
    this.messages = messages;
    this.isNotInstalled = startError !== undefined;
  }
}

export interface GitCall {
  readonly signal?: AbortSignal | undefined;
  /** What git reads from its input, taken only as fast as git reads. Its error is thrown after all output. */
  readonly input?: AsyncIterable<string> | undefined;
  /** Settings in addition to those for reading. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Told of git's messages as they come, progress among them, in pieces of any size. */
  readonly onMessage?: ((text: string) => void) | undefined;
  /** Without a terminal, so that no program that git starts can ask there; ended together with those programs. */
  readonly isSession?: boolean | undefined;
}

const maxMessageChars = 16_384;

/**
 * Runs git without a shell and yields its output. However the stream ends, git has ended when it has.
 *
 * @throws GitFailure
 * @throws the signal's reason when aborted
 */
export async function* gitOutput(args: readonly string[], call: GitCall = {}): AsyncGenerator<Buffer> {
  const { signal, input } = call;
  signal?.throwIfAborted();
  const child = startGit(args, call);
  const stop = (): void => kill(child, call.isSession === true);
  signal?.addEventListener("abort", stop, { once: true });
  const ended = once(child, "close");
  // Awaited below; without a handler of its own, a git that cannot be started would be an unhandled rejection.
  ended.catch(() => {});
  let messages = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    call.onMessage?.(text);
    // Progress is as long as the network is slow; what went wrong is said last.
    messages = (messages + text).slice(-maxMessageChars);
  });
  const feeding = feed(child.stdin, input);
  try {
    // A git that cannot be started is told before the stream is read: Bun breaks that off without the reason.
    await once(child, "spawn").catch(() => exitCodeOf(ended));
    for await (const chunk of child.stdout) yield chunk as Buffer;
    const exitCode = await exitCodeOf(ended);
    signal?.throwIfAborted();
    const inputError = await feeding;
    if (exitCode !== 0) {
      throw new GitFailure(exitCode, mainMessage(messages) ?? `exit code ${exitCode ?? "none"}`, messages);
    }
    if (inputError) throw inputError.error;
  } finally {
    signal?.removeEventListener("abort", stop);
    if (child.exitCode === null && child.signalCode === null) stop();
    child.stdin.destroy();
    await Promise.allSettled([ended, feeding]);
  }
}

/** What git answers with few words, as text without the last line's end. */
export async function gitAnswer(args: readonly string[], call: GitCall = {}): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of gitOutput(args, call)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8").replace(/\n$/u, "");
}

function startGit(args: readonly string[], call: GitCall): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn("git", [...guards, ...args], {
    // Windows looks for a program in the working folder first; a workspace must not bring its own git.exe.
    cwd: dirname(execPath),
    env: { ...readingEnvironment(), ...call.environment },
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
    detached: call.isSession === true && platform !== "win32",
  });
}

function kill(child: ChildProcessByStdio<Writable, Readable, Readable>, isSession: boolean): void {
  if (isSession && platform !== "win32" && child.pid !== undefined) {
    try {
      process.kill(-child.pid, "SIGTERM");
    } catch {
      // It has just ended.
    }
  } else {
    child.kill();
  }
}

/** Resolves when git has read everything or reads no more, to the input's error if it has one. */
async function feed(
  stdin: Writable,
  input: AsyncIterable<string> | undefined,
): Promise<{ readonly error: unknown } | undefined> {
  // A git that has ended reads no more: its exit code tells what is to be told.
  stdin.on("error", () => {});
  try {
    for await (const text of input ?? []) {
      if (stdin.destroyed) return undefined;
      if (!stdin.write(text)) await drained(stdin);
    }
  } catch (error) {
    return { error };
  } finally {
    stdin.end();
  }
  return undefined;
}

function drained(stdin: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stdin.off("drain", done).off("close", done);
      resolve();
    };
    stdin.on("drain", done).on("close", done);
  });
}

async function exitCodeOf(ended: Promise<unknown[]>): Promise<number | undefined> {
  try {
    const [code] = await ended;
    return typeof code === "number" ? code : undefined;
  } catch (error) {
    throw new GitFailure(undefined, "git cannot be started", "", error as Error);
  }
}

/** `fatal: …` rather than the warnings and the progress before it; fit to be shown. */
function mainMessage(messages: string): string | undefined {
  const lines = messages.split(/[\r\n]/u).filter((line) => line.trim() !== "");
  const line =
    lines.find((candidate) => candidate.startsWith("fatal:")) ??
    lines.find((candidate) => candidate.startsWith("error:")) ??
    lines[0];
  return line === undefined ? undefined : cleanMessage(line.replace(/^(?:fatal|error): /u, ""));
}

/** A server may send what it likes, and a user's own settings may put credentials into URLs. */
export function cleanMessage(line: string): string {
  return line
    .replaceAll(/\p{C}+/gu, " ")
    .replaceAll(/\/\/[^\s/@]*@/gu, "//")
    .slice(0, 500)
    .trim();
}

// A repository's own configuration is untrusted: it may name a program as file-system monitor, or pose as a bare
// repository inside of another one. Paths are given as they are, never as patterns.
const guards = ["--literal-pathspecs", "-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit"];

/** Which of git's variables stay: where git and the user's own settings are, not which repository is meant. */
const keptVariables = new Set([
  "GIT_CONFIG_GLOBAL",
  "GIT_CONFIG_SYSTEM",
  "GIT_CONFIG_NOSYSTEM",
  "GIT_EXEC_PATH",
  "GIT_CEILING_DIRECTORIES",
  "GIT_DISCOVERY_ACROSS_FILESYSTEM",
  "GIT_SSH",
  "GIT_SSH_COMMAND",
  "GIT_SSH_VARIANT",
  "GIT_SSL_CAINFO",
  "GIT_SSL_CAPATH",
  "GIT_SSL_CERT",
  "GIT_SSL_KEY",
]);

/** Inside a git hook or `git rebase --exec`, GIT_DIR and GIT_INDEX_FILE point to another repository or index. */
function readingEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {};
  for (const [name, value] of Object.entries(processEnv)) {
    if (!name.startsWith("GIT_") || keptVariables.has(name)) env[name] = value;
  }
  return {
    ...env,
    // English messages.
    LC_ALL: "C",
    // No writing to the repository's index.
    GIT_OPTIONAL_LOCKS: "0",
    // No fetching of missing objects over the network; the second is for git before 2.44, which lacks the first.
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_TERMINAL_PROMPT: "0",
  };
}
