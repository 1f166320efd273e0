import type { MaintenanceOptions } from "@resona/core";
import { type Command, Option } from "commander";

import type { CliContext } from "../context.ts";
import { maintenanceOutcome } from "../exit-codes.ts";
import { addCommonFlags, type CommonFlags, nonNegativeNumber } from "../flags.ts";
import { printDocument } from "../present/json.ts";
import { formatMaintenance, maintenanceFields } from "../present/maintenance.ts";
import { paintFor } from "../present/paint.ts";
import type { Invocation, Report } from "./report.ts";
import { runMeasuredMaintenance } from "./run-maintenance.ts";
import { withEngine } from "./with-engine.ts";

export interface MaintenanceFlags {
  readonly skipCompact?: boolean;
  readonly skipIndex?: boolean;
  readonly skipCleanup?: boolean;
  readonly retentionDays?: number;
  readonly ifNeeded?: boolean;
}

export function addMaintainCommand(program: Command, onParsed: (invocation: Invocation) => void): void {
  const command = program
    .command("maintain")
    .summary("keep the index fast and small")
    .description(
      "Compacts the tables of the index, brings their indexes up to date and removes old versions. Searches go on meanwhile.",
    )
    .action((flags: CommonFlags & MaintenanceFlags) => {
      onParsed((context) => runMaintain(flags, context));
    });
  addMaintenanceFlags(command);
  addCommonFlags(command);
}

/** The flags of maintenance, whatever the index holds. */
export function addMaintenanceFlags(command: Command): void {
  command
    .option("--skip-compact", "leave fragments as they are")
    .option("--skip-index", "make and rebuild no index")
    .option("--skip-cleanup", "keep all old versions")
    .addOption(
      new Option("--retention-days <n>", "keep versions younger than this; 7 by default, 0 keeps none").argParser(
        nonNegativeNumber,
      ),
    )
    .option("--if-needed", "do what is due and nothing else");
}

/** What the flags ask for; what was not given is left to the engine. */
export function maintenanceOptions(flags: MaintenanceFlags): MaintenanceOptions {
  const { skipCompact, skipIndex, skipCleanup, retentionDays, ifNeeded } = flags;
  return {
    ...(skipCompact === undefined ? {} : { skipCompaction: skipCompact }),
    ...(skipIndex === undefined ? {} : { skipIndex }),
    ...(skipCleanup === undefined ? {} : { skipCleanup }),
    ...(retentionDays === undefined ? {} : { retentionDays }),
    ...(ifNeeded === undefined ? {} : { onlyIfNeeded: ifNeeded }),
  };
}

async function runMaintain(flags: CommonFlags & MaintenanceFlags, context: CliContext): Promise<Report> {
  return withEngine(flags, context, { fetch: false }, async (engine) => {
    const { json = false } = flags;
    const { result, change } = await runMeasuredMaintenance(engine, maintenanceOptions(flags), { json, context });
    const outcome = maintenanceOutcome(result);
    if (!json) return { text: formatMaintenance(result, change, paintFor(context.stdout)), outcome };
    const { workspace, indexPath } = engine;
    const fields = maintenanceFields(result, change);
    return { text: printDocument({ command: "maintain", workspace, indexPath, ...fields }), outcome };
  });
}
