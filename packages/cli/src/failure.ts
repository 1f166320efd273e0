import { ResonaError } from "@resona/core";
import { CommanderError } from "commander";

/** A failure as the user sees it: in two lines on a terminal, as an object under `--json`. */
export interface Failure {
  /** One of the engine's codes, `USAGE`, `INTERRUPTED` or `UNEXPECTED`. */
  readonly code: string;
  /** One sentence. */
  readonly message: string;
  /** What to do about it, one sentence. */
  readonly nextStep: string;
}

/** Stopped by the user; the message says what stays. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/** Something in the command line that only shows when it runs, for example a file that is not there. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly nextStep: string;

  constructor(message: string, nextStep: string) {
    super(message);
    this.nextStep = nextStep;
  }
}

/**
 * @param aborted whether the user stopped the command: what is then thrown only says that it stopped.
 * @param help the command that tells of the options.
 */
export function describeFailure(error: unknown, aborted: boolean, help = "resona --help"): Failure {
  if (error instanceof ResonaError) {
    const { code, message, nextStep } = error;
    // The engine does not know which command its options were given to.
    const isOption = code === "OPTION_INVALID";
    return { code, message, nextStep: isOption ? `See \`${help}\` for the options and their bounds.` : nextStep };
  }
  if (error instanceof CommanderError) return usageFailure(error.message, help);
  if (error instanceof UsageError) return { code: "USAGE", message: error.message, nextStep: error.nextStep };
  if (error instanceof InterruptedError) return interruption(error.message);
  if (aborted && error instanceof Error && error.name === "AbortError") return interruption("Interrupted.");
  return {
    code: "UNEXPECTED",
    message: sentence(error instanceof Error ? error.message || error.name : String(error)),
    nextStep: "Set RESONA_DEBUG=1 to see where it comes from.",
  };
}

function interruption(message: string): Failure {
  return { code: "INTERRUPTED", message, nextStep: "Run the same command to continue." };
}

/** Commander writes `error: unknown command 'serch'\n(Did you mean search?)`. */
function usageFailure(text: string, help: string): Failure {
  const [first = "", ...rest] = text.replace(/^error: /, "").split("\n");
  const suggestion = /^\((Did you mean .*\?)\)$/.exec(rest.at(-1) ?? "")?.[1];
  return {
    code: "USAGE",
    message: sentence(suggestion === undefined ? [first, ...rest].join(" ") : [first, ...rest.slice(0, -1)].join(" ")),
    nextStep: suggestion ?? `See \`${help}\`.`,
  };
}

/** Longest message shown; a mistyped argument may be as long as the shell allows. */
const messageLimit = 400;

function sentence(text: string): string {
  const line = text.trim().replace(/\s*\n\s*/g, " ");
  const short = line.length > messageLimit ? `${line.slice(0, messageLimit)}…` : line;
  const capital = short.charAt(0).toUpperCase() + short.slice(1);
  return /[.?!…]$/.test(capital) ? capital : `${capital}.`;
}
