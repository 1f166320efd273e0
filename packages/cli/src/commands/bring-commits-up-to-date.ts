import type { Engine } from "@resona/core";

import { type CliContext, isDebugging } from "../context.ts";
import { InterruptedError } from "../failure.ts";
import { formatNote } from "../present/human.ts";
import { paintFor } from "../present/paint.ts";
import { createProgress, progressStyle } from "../present/progress.ts";
import { counted } from "../present/text.ts";

/** Embeds new commits with progress on stderr; under `--json` only notices are shown. */
export async function bringCommitsUpToDate(
  engine: Engine,
  json: boolean,
  { stderr, env, signal }: CliContext,
): Promise<void> {
  const progress = createProgress(stderr, json ? "notices" : progressStyle(stderr, env), { debug: isDebugging(env) });
  const summary = await engine
    .indexCommits({
      signal,
      onEvent: (event) => {
        if (event.type !== "item-failed") progress.report(event);
      },
    })
    .finally(() => {
      progress.finish();
    });
  if (summary.status === "interrupted") throw new InterruptedError("Interrupted; run the same command to continue.");
  if (json) return;
  if (summary.status === "no-history") {
    stderr.write(formatNote(`There are no commits to index: ${summary.reason}.`, paintFor(stderr)));
  } else if (summary.itemsEmbedded > 0) stderr.write(`Indexed ${counted(summary.itemsEmbedded, "commit")}.\n`);
}
