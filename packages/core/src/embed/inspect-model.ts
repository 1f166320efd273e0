import { inspectModel as inspectNatively, NativeEmbedError } from "@resona/native-embed";
import type { ModelInspection as NativeInspection } from "@resona/native-embed";

import { ResonaError } from "../errors.ts";
import { toModelError } from "./model-errors.ts";

/** What a GGUF file says of its model. */
export interface ModelInspection extends Omit<NativeInspection, "problem"> {
  /** Why an index cannot be made with it, with the code and the words of `index`; undefined when it is supported. */
  readonly problem: Pick<ResonaError, "code" | "message" | "nextStep"> | undefined;
}

/**
 * Reads what a GGUF file says of its model, of any architecture, without reading the weights.
 *
 * @param path absolute.
 * @throws ResonaError MODEL_NOT_FOUND, MODEL_NOT_READABLE, MODEL_INVALID, MODEL_UNSUPPORTED for a file that cannot be
 * read as GGUF. A model that is not supported is no error but `supported: false`.
 */
export async function inspectModel(path: string): Promise<ModelInspection> {
  const source = { path, isRemembered: false };
  const inspection = await inspectNatively(path).catch((error: unknown) => {
    throw toModelError(error, source);
  });
  const { problem } = inspection;
  if (problem === undefined) return { ...inspection, problem };
  const error = toModelError(new NativeEmbedError(problem.code, problem.message, problem.nextStep), source);
  if (!(error instanceof ResonaError)) throw error;
  const { code, message, nextStep } = error;
  return { ...inspection, problem: { code, message, nextStep } };
}
