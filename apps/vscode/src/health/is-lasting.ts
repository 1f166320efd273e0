import { isMild } from "../failures/tell-failure.ts";
import type { EngineErrorData } from "../protocol/engine-error.ts";

/** Whether a failure is a state that the folder is in; what passes, or was asked for too early, is only told. */
export function isLasting(error: EngineErrorData): boolean {
  return !isMild(error) && error.code !== "ENGINE_STOPPED";
}
