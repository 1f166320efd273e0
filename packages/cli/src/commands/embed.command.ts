import type { EmbedSummary, EmbeddingService } from "@resona/core";
import { checkQuery } from "@resona/core";
import { type Command, Option } from "commander";

import { type CliContext, isDebugging } from "../context.ts";
import { embedOutcome, maintenanceOutcome, searchOutcome } from "../exit-codes.ts";
import { type ItemFlags, addItemFlags, itemOptions, wholeNumber } from "../flags.ts";
import { formatNote } from "../present/human.ts";
import {
  type LineFailure,
  deleteDocument,
  embeddingInterrupted,
  formatEmbedSummary,
  formatItemHits,
  formatItemStats,
  generateDocument,
  itemSearchDocument,
  itemStatsDocument,
} from "../present/items.ts";
import { printDocument } from "../present/json.ts";
import { formatMaintenance, maintenanceFields } from "../present/maintenance.ts";
import { paintFor } from "../present/paint.ts";
import { createProgress, progressStyle } from "../present/progress.ts";
import { counted } from "../present/text.ts";
import { openItems } from "../read-items.ts";
import { type MaintenanceFlags, addMaintenanceFlags, maintenanceOptions } from "./maintain.command.ts";
import type { Invocation, Report } from "./report.ts";
import { runMeasuredMaintenance } from "./run-maintenance.ts";

const MAX_FAILURES_LISTED = 100;

export function addEmbedCommand(program: Command, onParsed: (invocation: Invocation) => void): void {
  const group = program
    .command("embed")
    .summary("embed items of any kind and find things in them")
    .description('Embeds items of any kind, {"id", "text"} and whatever "metadata", and finds things in them.');
  const generate = group
    .command("generate")
    .summary("embed new and changed items")
    .description("Embeds the items that are new or have changed, and leaves all others as they are.")
    .option("--from <file>", "JSON Lines, one item a line; - is the standard input", "-")
    .option("--rebuild", "remove everything first")
    .option("--strict", "exit with 2 if a single line could not be embedded")
    .action((flags: GenerateFlags) => {
      onParsed((context) => runGenerate(flags, context));
    });
  const search = group
    .command("search")
    .summary("find items by meaning or by their words")
    .description("Finds items by meaning or by their words.")
    .argument("<query...>", "what to look for; put -- before a query that starts with a dash")
    .addOption(new Option("--limit <n>", "most hits to show, 1 to 100").argParser(wholeNumber(1, 100)).default(10))
    .action((words: string[], flags: SearchFlags) => {
      const query = checkQuery(words.join(" "));
      onParsed((context) => runSearch(query, flags, context));
    });
  const remove = group
    .command("delete")
    .summary("remove items")
    .description("Removes items by their ids; unknown ones are ignored.")
    .argument("<id...>", "ids of the items")
    .action((ids: string[], flags: ItemFlags) => {
      onParsed((context) => runDelete(ids, flags, context));
    });
  const stats = group
    .command("stats")
    .summary("show what the index of items holds")
    .description("Shows what the index of items holds and how it is; changes nothing.")
    .action((flags: ItemFlags) => {
      onParsed((context) => runStats(flags, context));
    });
  const maintain = group
    .command("maintain")
    .summary("keep the index of items fast and small")
    .description(
      "Compacts the table of the items, brings its indexes up to date and removes old versions. Searches go on meanwhile.",
    )
    .action((flags: ItemFlags & MaintenanceFlags) => {
      onParsed((context) => runMaintain(flags, context));
    });
  addMaintenanceFlags(maintain);
  for (const command of [generate, search, remove, stats, maintain]) addItemFlags(command);
}

interface GenerateFlags extends ItemFlags {
  readonly from: string;
  readonly rebuild?: boolean;
  readonly strict?: boolean;
}

async function runGenerate(flags: GenerateFlags, context: CliContext): Promise<Report> {
  const { json = false, rebuild = false, strict = false, from } = flags;
  const failures: LineFailure[] = [];
  let brokenLines = 0;
  const source = await openItems(from, context.stdin, (line, message) => {
    brokenLines++;
    if (failures.length < MAX_FAILURES_LISTED) failures.push({ line, message });
  });
  return withService(flags, context, async (service) => {
    const { stderr, env, signal } = context;
    const style = json ? "notices" : progressStyle(stderr, env);
    const progress = createProgress(stderr, style, { debug: isDebugging(env) });
    let summary: EmbedSummary;
    try {
      summary = await service.embedBatch(source.items, {
        rebuild,
        signal,
        onEvent: (event) => {
          if (event.type !== "item-failed") progress.report(event);
          else if (failures.length < MAX_FAILURES_LISTED)
            failures.push({ line: source.lineOf(event.item), message: event.failure.message });
        },
      });
    } finally {
      progress.finish();
    }
    const outcome = embedOutcome(summary, brokenLines, strict);
    // Some fail when they are read, some later.
    const inOrder = failures.toSorted((a, b) => a.line - b.line);
    const report = { ...summary, itemsFailed: summary.itemsFailed + brokenLines, failures: inOrder };
    if (json) return { text: generateDocument(report, service.indexPath), outcome };
    if (outcome === "interrupted") {
      stderr.write(`${embeddingInterrupted(report, rebuild)}\n`);
      return { text: "", outcome };
    }
    return { text: formatEmbedSummary(report), outcome };
  });
}

interface SearchFlags extends ItemFlags {
  readonly limit: number;
}

async function runSearch(query: string, flags: SearchFlags, context: CliContext): Promise<Report> {
  return withService(flags, context, async (service) => {
    const { stdout, stderr, signal } = context;
    const result = await service.search(query, { limit: flags.limit, signal });
    const outcome = searchOutcome(result);
    if (flags.json === true) return { text: itemSearchDocument(result), outcome };
    if (!result.indexComplete) {
      const message = "The items have never been embedded completely; only a part of them was searched.";
      stderr.write(formatNote(message, paintFor(stderr)));
    }
    if (outcome === "nothing-found") stderr.write("Nothing found.\n");
    return { text: formatItemHits(result.hits, paintFor(stdout)), outcome };
  });
}

async function runDelete(ids: readonly string[], flags: ItemFlags, context: CliContext): Promise<Report> {
  return withService(flags, context, async (service) => {
    const records = await service.delete(ids);
    const outcome = records === 0 ? "nothing-found" : "done";
    if (flags.json === true) return { text: deleteDocument(records), outcome };
    return { text: `Removed ${counted(records, "record")}.\n`, outcome };
  });
}

async function runStats(flags: ItemFlags, context: CliContext): Promise<Report> {
  return withService(flags, context, async (service) => {
    const stats = await service.stats();
    const diagnostics = await service.getDiagnostics({ signal: context.signal });
    const text =
      flags.json === true
        ? itemStatsDocument(stats, diagnostics)
        : formatItemStats(stats, diagnostics, paintFor(context.stdout));
    return { text, outcome: "done" };
  });
}

async function runMaintain(flags: ItemFlags & MaintenanceFlags, context: CliContext): Promise<Report> {
  return withService(flags, context, async (service) => {
    const { json = false } = flags;
    const { result, change } = await runMeasuredMaintenance(service, maintenanceOptions(flags), { json, context });
    const outcome = maintenanceOutcome(result);
    if (!json) return { text: formatMaintenance(result, change, paintFor(context.stdout)), outcome };
    const fields = maintenanceFields(result, change);
    return { text: printDocument({ command: "embed maintain", indexPath: service.indexPath, ...fields }), outcome };
  });
}

/** Opens the service for one command and closes it again, whatever happens. */
async function withService(
  flags: ItemFlags,
  context: CliContext,
  use: (service: EmbeddingService) => Promise<Report>,
): Promise<Report> {
  const service = await context.openEmbeddingService(itemOptions(flags, context.cwd));
  try {
    return await use(service);
  } finally {
    await service.close();
  }
}
