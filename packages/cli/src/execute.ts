import { inspect } from "node:util";

import { CommanderError } from "commander";

import { type CliContext, isDebugging } from "./context.ts";
import type { Outcome } from "./exit-codes.ts";
import { describeFailure, InterruptedError } from "./failure.ts";
import { formatFailure } from "./present/human.ts";
import { errorDocument } from "./present/json.ts";
import { paintFor } from "./present/paint.ts";
import { helpCommand, parseArguments, wantsJson } from "./program.ts";

/** Runs one command line to its end. Never rejects: every failure is reported here. */
export async function execute(argv: readonly string[], context: CliContext): Promise<Outcome> {
  try {
    const invocation = parseArguments(argv, context);
    if (invocation === undefined) return "done";
    const { text, outcome } = await invocation(context);
    context.stdout.write(text);
    return outcome;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return "done";
    // Without a command the help was printed on stderr: it says more than an error would.
    if (error instanceof CommanderError && error.code === "commander.help") return "trouble";
    return reportFailure(error, argv, context);
  }
}

/** Reports a failure on stderr, or under `--json` as the one document on stdout. */
export function reportFailure(
  error: unknown,
  argv: readonly string[],
  { stdout, stderr, env, signal }: Pick<CliContext, "stdout" | "stderr" | "env" | "signal">,
): Outcome {
  const failure = describeFailure(error, signal.aborted, helpCommand(argv));
  if (wantsJson(argv)) stdout.write(errorDocument(failure));
  else if (failure.code === "INTERRUPTED") stderr.write(`${failure.message}\n`);
  else stderr.write(formatFailure(failure, paintFor(stderr)));
  if (isDebugging(env) && !(error instanceof InterruptedError)) stderr.write(`${inspect(error)}\n`);
  return failure.code === "INTERRUPTED" ? "interrupted" : "trouble";
}
