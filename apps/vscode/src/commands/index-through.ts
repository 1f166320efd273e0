import type { IndexEvent, IndexSummary } from "@resona/core";

import type { EngineClient } from "../engine-client/engine-client.ts";
import { EngineError } from "../protocol/engine-error.ts";

/** A run whose engine has ended so often is not begun again: crashes that are far apart never stop the engine itself. */
const MAX_CRASHES = 5;

interface Run {
  readonly signal: AbortSignal;
  readonly onEvent: (event: IndexEvent) => void;
  /** Whether the folder is still part of the workspace; without it, its engine is not started again. */
  readonly isOpen: () => boolean;
}

/**
 * Brings an index up to date, whatever becomes of its engine meanwhile: when that crashes or is started anew with other
 * settings, what was indexed stays, and the next one goes on from there.
 *
 * @throws EngineError if that fails for another reason, or after five crashes; the signal's reason if it was aborted
 * before anything was done.
 */
export async function indexThrough(
  engine: Pick<EngineClient, "index">,
  { signal, onEvent, isOpen }: Run,
): Promise<IndexSummary> {
  let crashes = 0;
  for (;;) {
    try {
      // What needs more than an update is the user's decision.
      const summary = await engine.index({ ifOutdated: "refuse", signal, onEvent });
      if (summary.status !== "interrupted" || signal.aborted || !isOpen()) return summary;
    } catch (error) {
      if (signal.aborted || !isOpen() || !(error instanceof EngineError)) throw error;
      if (error.code === "ENGINE_CRASHED") crashes++;
      else if (error.code !== "ENGINE_STOPPED") throw error;
      if (crashes === MAX_CRASHES) throw error;
    }
  }
}
