import type { DatabaseDiagnostics, Engine } from "@resona/core";
import type { Command } from "commander";

import { type CliContext, isDebugging } from "../context.ts";
import { healthOutcome } from "../exit-codes.ts";
import { UsageError } from "../failure.ts";
import { addCommonFlags, type CommonFlags } from "../flags.ts";
import { diagnosticsFields, formatFindings, isHealthy } from "../present/health.ts";
import { failureFields, printDocument } from "../present/json.ts";
import { paintFor } from "../present/paint.ts";
import { createProgress, progressStyle } from "../present/progress.ts";
import type { Invocation, Report } from "./report.ts";
import { type Fix, Treatment, remediesOf } from "./treatment.ts";
import { withEngine } from "./with-engine.ts";

interface DoctorFlags extends CommonFlags {
  readonly deep?: boolean;
  readonly fix?: boolean;
  readonly yes?: boolean;
}

export function addDoctorCommand(program: Command, onParsed: (invocation: Invocation) => void): void {
  const command = program
    .command("doctor")
    .summary("look for what is wrong with the index")
    .description("Looks for what is wrong with the index, and says what helps. Changes nothing without --fix.")
    .option("--deep", "read every record, and compare them with each other")
    .option("--fix", "do what helps, asking first")
    .option("--yes", "with --fix: do not ask")
    .action((flags: DoctorFlags) => {
      onParsed((context) => runDoctor(flags, context));
    });
  addCommonFlags(command);
}

async function runDoctor(flags: DoctorFlags, context: CliContext): Promise<Report> {
  const { fix = false, yes = false, json = false } = flags;
  // Under --json nothing but the document is shown.
  const ask = json ? undefined : context.ask;
  if (fix && !yes && ask === undefined)
    throw new UsageError(
      `--fix asks before it does anything, and ${json ? "under --json nobody is asked" : "there is no terminal to ask at"}.`,
      "Add --yes to do without asking whatever helps.",
    );
  return withEngine(flags, context, { fetch: false }, async (engine) => {
    const found = await diagnose(engine, flags, context);
    if (!fix || remediesOf(found.findings).size === 0) return report(found, [], engine, flags, context);
    if (!json) context.stderr.write(formatFindings(found, paintFor(context.stderr)));
    const treatment = new Treatment(engine, { json, context, ask: yes ? undefined : ask });
    await treatment.apply(found.findings);
    const { fixes } = treatment;
    const hasChanged = fixes.some(({ status }) => status !== "declined");
    // What was found is on the terminal already.
    if (!hasChanged && !json) return { text: "", outcome: healthOutcome(found) };
    return report(hasChanged ? await diagnose(engine, flags, context) : found, fixes, engine, flags, context);
  });
}

async function diagnose(
  engine: Engine,
  { deep = false, json = false }: DoctorFlags,
  { stderr, env, signal }: CliContext,
): Promise<DatabaseDiagnostics> {
  const progress = createProgress(stderr, json ? "notices" : progressStyle(stderr, env), { debug: isDebugging(env) });
  try {
    return await engine.getDiagnostics({
      deep,
      signal,
      onProgress: (done) => {
        progress.report({ type: "reading-progress", ...done });
      },
    });
  } finally {
    progress.finish();
  }
}

function report(
  left: DatabaseDiagnostics,
  fixes: readonly Fix[],
  { workspace, indexPath }: Engine,
  { json = false, fix = false }: DoctorFlags,
  { stdout }: CliContext,
): Report {
  const outcome = fixes.some(({ status }) => status === "failed") ? "trouble" : healthOutcome(left);
  if (!json) return { text: formatFindings(left, paintFor(stdout)), outcome };
  const healthy = isHealthy(left.findings);
  const about = { command: "doctor", workspace, indexPath, healthy, ...diagnosticsFields(left) };
  return { text: printDocument({ ...about, fixes: fix ? fixes.map(fixFields) : null }), outcome };
}

function fixFields({ remedy, status, failure }: Fix): object {
  return { remedy, status, error: failure === undefined ? null : failureFields(failure) };
}
