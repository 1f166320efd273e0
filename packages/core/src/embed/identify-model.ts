import { defaultModelPath, hashModelFile, inspectModel, NativeEmbedError } from "@resona/native-embed";

import type { Embedder } from "./embedder.ts";
import { toModelError } from "./model-errors.ts";
import type { ModelSource } from "./model-errors.ts";

/**
 * Which model a file holds: what an embedder made of it would say, without loading it.
 *
 * @throws ResonaError with the MODEL_ codes of {@link createNativeEmbedder} as far as the file's header tells; the
 * signal's reason when it is aborted.
 */
export async function identifyModel(
  model: ModelSource,
  signal?: AbortSignal,
): Promise<Pick<Embedder, "modelId" | "modelName">> {
  const path = model.path ?? defaultModelPath;
  try {
    const { name, problem } = await inspectModel(path);
    if (problem !== undefined && !(problem.code === "POOLING_UNKNOWN" && model.pooling !== undefined))
      throw new NativeEmbedError(problem.code, problem.message, problem.nextStep);
    return { modelId: await hashModelFile(path, signal), modelName: name };
  } catch (error) {
    throw toModelError(error, model);
  }
}
