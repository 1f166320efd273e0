import { type EmbedderErrorCode, type ErrorDetails, type ResonaError, resonaError } from "../errors.ts";

/**
 * Builds the error of a code. It never has a cause: what `fetch` throws can hold what the service sent, and that may be
 * the key.
 */
export function embedderError<C extends EmbedderErrorCode>(code: C, details: ErrorDetails<C>): ResonaError {
  return resonaError(code, details);
}
