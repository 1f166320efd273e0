import type { Command } from "commander";

import type { CliContext } from "../context.ts";
import { indexOutcome } from "../exit-codes.ts";
import { addCommonFlags, type CommonFlags } from "../flags.ts";
import { formatIndexSummary, interrupted } from "../present/human.ts";
import { indexDocument } from "../present/json.ts";
import { bringCommitsUpToDate } from "./bring-commits-up-to-date.ts";
import { bringUpToDate } from "./bring-up-to-date.ts";
import type { Invocation, Report } from "./report.ts";
import { withEngine } from "./with-engine.ts";

interface IndexFlags extends CommonFlags {
  readonly rebuild?: boolean;
  readonly commits?: boolean;
}

export function addIndexCommand(program: Command, onParsed: (invocation: Invocation) => void): void {
  const command = program
    .command("index")
    .summary("create the index of a workspace or bring it up to date")
    .description("Creates the index of a workspace, or brings it up to date. Only changed files are read again.")
    .argument("[url]", "URL of a git repository to clone and index, as with --workspace")
    .option("--rebuild", "index everything again")
    .option("--commits", "the commits that touched indexed files, too")
    .action((url: string | undefined, flags: IndexFlags) => {
      onParsed((context) => runIndex(url === undefined ? flags : { ...flags, workspace: url }, context));
    });
  addCommonFlags(command);
}

async function runIndex(flags: IndexFlags, context: CliContext): Promise<Report> {
  return withEngine(flags, context, async (engine) => {
    const { json = false, rebuild = false } = flags;
    const summary = await bringUpToDate(engine, { json, rebuild }, context);
    const outcome = indexOutcome(summary);
    if (flags.commits === true && outcome !== "interrupted") await bringCommitsUpToDate(engine, json, context);
    if (flags.json === true) return { text: indexDocument(summary, engine), outcome };
    if (outcome === "interrupted") {
      context.stderr.write(`${interrupted(summary, rebuild)}\n`);
      return { text: "", outcome };
    }
    return { text: formatIndexSummary(summary, engine.workspace), outcome };
  });
}
