import { resonaError } from "../errors.ts";
import type { IndexedModel } from "../model/indexed-model.ts";
import { BUILT_IN_MODEL, type EngineOptions, type ResolvedOptions, flagOf } from "./options.ts";

/** Which embedding model to use. */
export interface ModelChoice {
  /** Absolute; undefined for the built-in model and for one that a service runs. */
  readonly path: string | undefined;
  readonly pooling: ResolvedOptions["modelPooling"];
  /** The service that runs the model, instead of this process. */
  readonly service?: { readonly url: string; readonly model: string | undefined };
  /** Whether it is used because the index was made with it, not because anybody asked for it now. */
  readonly isRemembered: boolean;
}

/**
 * The model that was asked for, else the one that the index was made with, else the built-in one: bringing an index up
 * to date must not mean to build it anew because a flag was left out. What was said of pooling is remembered with the
 * model that it was said of.
 *
 * @param given without what the environment says, which counts less.
 * @throws ResonaError OPTION_INVALID if both a model and a service are asked for.
 */
export function chooseModel(
  said: Pick<ResolvedOptions, "model" | "modelPooling" | "embeddingUrl" | "embeddingModel">,
  indexed: IndexedModel | undefined,
  given: EngineOptions = {},
): ModelChoice {
  const { model, modelPooling, embeddingUrl, embeddingModel } = said;
  if (given.model !== undefined && given.embeddingUrl !== undefined) {
    const detail = `cannot be used together with ${flagOf("model")}`;
    throw resonaError("OPTION_INVALID", { option: flagOf("embeddingUrl"), detail });
  }
  const isModelMeant = given.model !== undefined || embeddingUrl === undefined;
  if (!isModelMeant || (model === undefined && indexed?.url !== undefined)) {
    const url = embeddingUrl ?? indexed?.url ?? "";
    const remembered = indexed?.url === undefined ? undefined : indexed.serviceModel;
    const service = { url, model: embeddingModel ?? remembered };
    return { path: undefined, pooling: undefined, service, isRemembered: embeddingUrl === undefined };
  }
  const path = model ?? indexed?.path ?? BUILT_IN_MODEL;
  // There is nothing to say about the pooling of the built-in model.
  if (path === BUILT_IN_MODEL) return { path: undefined, pooling: undefined, isRemembered: false };
  const pooling = path === indexed?.path ? indexed.pooling : undefined;
  return { path, pooling: modelPooling ?? pooling, isRemembered: model === undefined };
}
