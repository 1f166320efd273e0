import type { Engine, IndexSummary } from "@resona/core";

import type { CliContext } from "../context.ts";
import { createProgress, progressStyle } from "../present/progress.ts";

/** Runs the indexing with progress on stderr; under `--json` only notices are shown. */
export async function bringUpToDate(
  engine: Engine,
  { json = false, rebuild = false }: { readonly json?: boolean; readonly rebuild?: boolean },
  { stderr, env, signal }: CliContext,
): Promise<IndexSummary> {
  const progress = createProgress(stderr, json ? "notices" : progressStyle(stderr, env));
  const onAbort = (): void => {
    if (json) return;
    progress.report({
      type: "notice",
      code: "INTERRUPTING",
      message: "Finishing what is being written; interrupt again to stop at once.",
    });
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await engine.index({
      rebuild,
      signal,
      onEvent: (event) => progress.report(event),
    });
  } finally {
    signal.removeEventListener("abort", onAbort);
    progress.finish();
  }
}
