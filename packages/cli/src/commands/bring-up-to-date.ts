import type { Engine, IndexOptions, IndexSummary } from "@resona/core";

import { type CliContext, isDebugging } from "../context.ts";
import { commitsIndexed } from "../present/commits.ts";
import { createProgress, progressStyle } from "../present/progress.ts";

/** Runs the indexing with progress on stderr, and tells of new commits; under `--json` only notices are shown. */
export async function bringUpToDate(
  engine: Engine,
  { json = false, ...options }: { readonly json?: boolean } & Pick<IndexOptions, "rebuild" | "ifOutdated">,
  { stderr, env, signal }: CliContext,
): Promise<IndexSummary> {
  const progress = createProgress(stderr, json ? "notices" : progressStyle(stderr, env), { debug: isDebugging(env) });
  let isWriting = false;
  const onAbort = (): void => {
    // While files are only compared, or the model is loaded, there is nothing to finish.
    if (json || !isWriting) return;
    progress.report({
      type: "notice",
      code: "INTERRUPTING",
      message: "Finishing what is being written; interrupt again to stop at once.",
    });
  };
  signal.addEventListener("abort", onAbort, { once: true });
  const summary = await engine
    .index({
      ...options,
      signal,
      onEvent: (event) => {
        if (event.type === "progress") isWriting = event.stage !== "checking";
        progress.report(event);
      },
    })
    .finally(() => {
      signal.removeEventListener("abort", onAbort);
      progress.finish();
    });
  if (!json) stderr.write(commitsIndexed(summary.commitsIndexed ?? 0));
  return summary;
}
