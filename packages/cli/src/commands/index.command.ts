import type { CommitSummary, IndexSummary } from "@resona/core";
import { Argument, type Command } from "commander";

import type { CliContext } from "../context.ts";
import { indexOutcome } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { addCommonFlags, type CommonFlags, nonEmpty } from "../flags.ts";
import { formatIndexSummary, interrupted } from "../present/human.ts";
import { indexDocument } from "../present/json.ts";
import { bringCommitsUpToDate } from "./bring-commits-up-to-date.ts";
import { bringUpToDate } from "./bring-up-to-date.ts";
import type { Invocation, Report } from "./report.ts";
import { withEngine } from "./with-engine.ts";

interface IndexFlags extends CommonFlags {
  readonly rebuild?: boolean;
  readonly commits?: boolean;
  readonly strict?: boolean;
}

export function addIndexCommand(program: Command, onParsed: (invocation: Invocation) => void): void {
  const command = program
    .command("index")
    .summary("create the index of a workspace or bring it up to date")
    .description("Creates the index of a workspace, or brings it up to date. Only changed files are read again.")
    .addArgument(
      new Argument("[place]", "folder, or URL of a git repository to clone, as with --workspace").argParser(nonEmpty),
    )
    .option("--rebuild", "index everything again")
    .option("--commits", "the commits that touched indexed files, too")
    .option("--strict", "exit with 2 if a single file could not be indexed")
    .action((place: string | undefined, flags: IndexFlags) => {
      if (place !== undefined && command.getOptionValueSource("workspace") === "cli")
        throw new UsageError("There are two workspaces, one of them given with --workspace.", "Give one.");
      onParsed((context) => runIndex(place === undefined ? flags : { ...flags, workspace: place }, context));
    });
  addCommonFlags(command);
}

async function runIndex(flags: IndexFlags, context: CliContext): Promise<Report> {
  return withEngine(flags, context, { fetch: true }, async (engine) => {
    const { json = false, rebuild = false, strict = false } = flags;
    const files = await bringUpToDate(engine, { json, rebuild }, context);
    const outcome = indexOutcome(files, strict);
    const isFirstHistory = flags.commits === true && outcome !== "interrupted" && files.commitsIndexed === undefined;
    const summary = isFirstHistory ? withHistory(files, await bringCommitsUpToDate(engine, json, context)) : files;
    if (flags.json === true) return { text: indexDocument(summary, engine), outcome };
    if (outcome === "interrupted") {
      context.stderr.write(`${interrupted(summary, rebuild)}\n`);
      return { text: "", outcome };
    }
    return { text: formatIndexSummary(summary, engine.workspace), outcome };
  });
}

/** What was done, with the first reading of the history. */
function withHistory(files: IndexSummary, history: CommitSummary): IndexSummary {
  if (history.status === "no-history") return files;
  if (history.status === "current") return { ...files, commitsIndexed: 0 };
  const { itemsEmbedded: commitsIndexed, durationMs, peakRssBytes } = history;
  return {
    ...files,
    commitsIndexed,
    durationMs: files.durationMs + durationMs,
    peakRssBytes: Math.max(files.peakRssBytes, peakRssBytes),
  };
}
