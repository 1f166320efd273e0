import { join } from "node:path";

import { openEmbeddingService, openEngine, openRepository } from "@resona/core";

import { askAt } from "./ask-at.ts";
import { cacheFolder } from "./cache-folder.ts";
import type { CliContext, OutputStream } from "./context.ts";
import { execute, reportFailure } from "./execute.ts";
import { exitCodes } from "./exit-codes.ts";
import { UsageError } from "./failure.ts";
import { abortOnInterruption } from "./interruption.ts";

/** Runs a command line in this process and returns its exit code. */
export async function runCli(argv: readonly string[]): Promise<number> {
  const signal = abortOnInterruption();
  const { stdin, stderr } = process;
  const cwd = currentFolder();
  if (cwd === undefined) {
    const error = new UsageError("The current folder does not exist any more.", "Change to one that does.");
    return exitCodes[reportFailure(error, argv, { stdout: process.stdout, stderr, env: process.env, signal })];
  }
  const context: CliContext = {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    cwd,
    env: process.env,
    signal,
    ...(stdin.isTTY && stderr.isTTY ? { ask: (question) => askAt(stdin, stderr, question, signal) } : {}),
    openEngine,
    openEmbeddingService,
    openRepository: (url, options) => openRepository(url, join(cacheFolder(), "repositories"), options),
  };
  const fail = (error: unknown): never => process.exit(exitCodes[reportFailure(error, argv, context)]);
  // Node would exit with 1, which means "nothing found" here.
  process.on("uncaughtException", fail);
  onWriteError(process.stdout, (error) => {
    // The reader has seen enough: `resona search x | head -1`.
    if (error.code === "EPIPE") process.exit(exitCodes.done);
    fail(error);
  });
  // Nobody reads the progress: no reason to stop.
  onWriteError(process.stderr, () => undefined);
  return exitCodes[await execute(argv, context)];
}

/** Undefined if another program has removed it. */
function currentFolder(): string | undefined {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

function onWriteError(stream: OutputStream, listener: (error: NodeJS.ErrnoException) => void): void {
  stream.on("error", listener);
}
