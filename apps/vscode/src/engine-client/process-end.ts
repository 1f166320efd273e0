import { type EngineError, engineError } from "../protocol/engine-error.ts";

/** How a process ended. */
export interface ProcessEnd {
  /** Why it could not be started at all. */
  readonly startError?: Error;
  /** Null if it was killed. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Milliseconds without a first answer, for which it was killed. */
  readonly silentMs?: number;
  /** The last lines that it wrote to standard error. */
  readonly lastLines: readonly string[];
}

/** Windows' number for a processor's refusal, which it gives in place of a signal. */
const STATUS_ILLEGAL_INSTRUCTION = 0xc000001d;

/**
 * What the end of an engine's process means, unless it was asked for.
 *
 * @param memoryLimitMb that it had.
 */
export function explainEnd(end: ProcessEnd, memoryLimitMb: number): EngineError {
  const { startError, exitCode, signal, silentMs, lastLines } = end;
  if (startError !== undefined) return engineError("ENGINE_NOT_STARTED", { detail: startError.message }, startError);
  if (silentMs !== undefined) return engineError("ENGINE_NOT_ANSWERING", { seconds: silentMs / 1_000 });
  if (signal === "SIGILL" || exitCode === STATUS_ILLEGAL_INSTRUCTION) return engineError("ENGINE_CPU_UNSUPPORTED", {});
  if (lastLines.some((line) => line.includes("JavaScript heap out of memory")))
    return engineError("ENGINE_OUT_OF_MEMORY", { limitMb: memoryLimitMb });
  return engineError("ENGINE_CRASHED", { how: signal === null ? `exit code ${exitCode}` : `signal ${signal}` });
}
