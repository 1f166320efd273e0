import type { EngineError } from "../protocol/engine-error.ts";

/** What an engine's process is at. */
export type EngineState =
  /** Not needed yet, or ended because that was asked for. */
  | { readonly kind: "stopped" }
  | { readonly kind: "starting" }
  | {
      readonly kind: "ready";
      readonly pid: number;
      /** Absolute. */
      readonly indexPath: string;
    }
  /** It crashed and is started again after a while. */
  | { readonly kind: "restarting"; readonly reason: EngineError; readonly inMs: number }
  /** It does not run and is not started again unless the user asks for it. */
  | { readonly kind: "failed"; readonly reason: EngineError };
