import type { CliContext } from "../context.ts";
import type { Outcome } from "../exit-codes.ts";

/** What a command leaves to be printed on stdout once the engine is closed, and how it ended. */
export interface Report {
  readonly text: string;
  readonly outcome: Outcome;
}

/** A parsed command line, ready to run. */
export type Invocation = (context: CliContext) => Promise<Report>;
