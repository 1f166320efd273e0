import type { IndexedModel } from "../model/indexed-model.ts";
import { BUILT_IN_MODEL, type ResolvedOptions } from "./options.ts";

/** Which embedding model to use. */
export interface ModelChoice {
  /** Absolute; undefined for the built-in model. */
  readonly path: string | undefined;
  readonly pooling: ResolvedOptions["modelPooling"];
  /** Whether it is used because the index was made with it, not because anybody asked for it now. */
  readonly isRemembered: boolean;
}

/**
 * The model that was asked for, else the one that the index was made with, else the built-in one: bringing an index up
 * to date must not mean to build it anew because a flag was left out. What was said of pooling is remembered with the
 * model that it was said of.
 */
export function chooseModel(
  { model, modelPooling }: Pick<ResolvedOptions, "model" | "modelPooling">,
  indexed: IndexedModel | undefined,
): ModelChoice {
  const path = model ?? indexed?.path ?? BUILT_IN_MODEL;
  // There is nothing to say about the pooling of the built-in model.
  if (path === BUILT_IN_MODEL) return { path: undefined, pooling: undefined, isRemembered: false };
  const remembered = path === indexed?.path ? indexed.pooling : undefined;
  return { path, pooling: modelPooling ?? remembered, isRemembered: model === undefined };
}
