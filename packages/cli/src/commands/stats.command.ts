import type { Command } from "commander";

import type { CliContext } from "../context.ts";
import { addCommonFlags, type CommonFlags } from "../flags.ts";
import { formatStats } from "../present/human.ts";
import { statsDocument } from "../present/json.ts";
import { paintFor } from "../present/paint.ts";
import type { Invocation, Report } from "./report.ts";
import { withEngine } from "./with-engine.ts";

export function addStatsCommand(program: Command, onParsed: (invocation: Invocation) => void): void {
  const command = program
    .command("stats")
    .summary("show what the index holds")
    .description("Shows what the index holds and how it is; changes nothing.")
    .action((flags: CommonFlags) => {
      onParsed((context) => runStats(flags, context));
    });
  addCommonFlags(command);
}

async function runStats(flags: CommonFlags, context: CliContext): Promise<Report> {
  return withEngine(flags, context, { fetch: false }, async (engine) => {
    const stats = await engine.stats();
    const diagnostics = await engine.getDiagnostics({ signal: context.signal });
    const { stdout } = context;
    const text =
      flags.json === true ? statsDocument(stats, diagnostics) : formatStats(stats, diagnostics, paintFor(stdout));
    return { text, outcome: "done" };
  });
}
