import { exitCodes } from "./exit-codes.ts";

/**
 * Turns the first SIGINT or SIGTERM into an abort, so that the engine finishes the commit in flight and everything
 * indexed stays; the second one ends the process at once.
 */
export function abortOnInterruption(): AbortSignal {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted);
    controller.abort();
  };
  process.on("SIGINT", listener);
  process.on("SIGTERM", listener);
  return controller.signal;
}
