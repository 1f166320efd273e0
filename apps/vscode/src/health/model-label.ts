import type { IndexDescription } from "@resona/core";

/** A model by its name, or else by a few digits of the SHA-256 that it is known by. */
export function modelLabel({ modelName, modelId }: Pick<IndexDescription, "modelName" | "modelId">): string {
  return modelName ?? (/^[\da-f]{64}$/.test(modelId) ? modelId.slice(0, 12) : modelId);
}
