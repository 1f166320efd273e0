import type { CommitSummary, Engine } from "@resona/core";

import { type CliContext, isDebugging } from "../context.ts";
import { InterruptedError } from "../failure.ts";
import { commitsIndexed } from "../present/commits.ts";
import { formatNote } from "../present/human.ts";
import { paintFor } from "../present/paint.ts";
import { createProgress, progressStyle } from "../present/progress.ts";

/** Reads the history for the first time, with progress on stderr; under `--json` only notices are shown. */
export async function bringCommitsUpToDate(
  engine: Engine,
  json: boolean,
  { stderr, env, signal }: CliContext,
): Promise<CommitSummary> {
  const progress = createProgress(stderr, json ? "notices" : progressStyle(stderr, env), { debug: isDebugging(env) });
  const summary = await engine
    .indexCommits({
      signal,
      onEvent: (event) => {
        if (event.type === "notice" || event.type === "debug") progress.report(event);
        if (event.type !== "item-progress") return;
        const { itemsRead: commitsRead, itemsEmbedded: commitsEmbedded, rssBytes } = event;
        progress.report({ type: "commit-progress", commitsRead, commitsEmbedded, rssBytes });
      },
    })
    .finally(() => {
      progress.finish();
    });
  if (summary.status === "interrupted") throw new InterruptedError("Interrupted; run the same command to continue.");
  if (!json && summary.status === "no-history")
    stderr.write(formatNote(`There are no commits to index: ${summary.reason}.`, paintFor(stderr)));
  if (!json && summary.status === "completed") stderr.write(commitsIndexed(summary.itemsEmbedded));
  return summary;
}
