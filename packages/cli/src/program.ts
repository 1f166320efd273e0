import { readFileSync } from "node:fs";

import { Command } from "commander";

import { addDoctorCommand } from "./commands/doctor.command.ts";
import { addEmbedCommand } from "./commands/embed.command.ts";
import { addIndexCommand } from "./commands/index.command.ts";
import { addMaintainCommand } from "./commands/maintain.command.ts";
import { addModelCommand } from "./commands/model.command.ts";
import type { Invocation } from "./commands/report.ts";
import { addSearchCommand } from "./commands/search.command.ts";
import { addStatsCommand } from "./commands/stats.command.ts";
import { addWatchCommand } from "./commands/watch.command.ts";
import type { OutputStream } from "./context.ts";

const examples = `
Examples:
  resona index                                 index the current folder
  resona search where are uploads retried      search it, bringing the index up to date first
  resona search --language go parseHeader      a name works as well as a question
  resona search --path 'src/**' --json cache   for scripts and agents
  resona search -- --dry-run                   a query that starts with a dash
  resona watch                                 keep the index current while files change
  resona stats --workspace ~/project           what an index holds
  resona doctor --fix                          whether the index is healthy, and what helps
  resona model inspect nomic-embed.gguf        whether a model can be used, and what it takes
  resona index --model nomic-embed.gguf        index with it; the index remembers it
  resona embed generate --from notes.jsonl     embed items of any kind, one {"id", "text"} a line
  resona embed search overdue invoices         find items

Exit status: 0 done or found, 1 nothing found, model not supported or index not healthy, 2 trouble, 130 interrupted.`;

/**
 * Reads the arguments (without the program's name) and touches nothing else.
 *
 * @returns what to run; undefined when help or the version was asked for, which is printed already.
 * @throws CommanderError or ResonaError for arguments that make no sense.
 */
export function parseArguments(
  argv: readonly string[],
  { stdout, stderr }: { readonly stdout: OutputStream; readonly stderr: OutputStream },
): Invocation | undefined {
  let parsed: Invocation | undefined;
  const program = new Command("resona")
    .description(
      "Finds code and text in a folder by meaning or by name. Nothing leaves this machine unless an embedding service is named.",
    )
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", examples)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // Errors are thrown as well, and reported with all others.
      outputError: () => undefined,
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stderr.columns ?? 100,
    });
  addCommands(program, (invocation) => {
    parsed = invocation;
  });
  program.parse(argv, { from: "user" });
  return parsed;
}

function addCommands(program: Command, onParsed: (invocation: Invocation) => void): void {
  addIndexCommand(program, onParsed);
  addWatchCommand(program, onParsed);
  addSearchCommand(program, onParsed);
  addStatsCommand(program, onParsed);
  addDoctorCommand(program, onParsed);
  addMaintainCommand(program, onParsed);
  addModelCommand(program, onParsed);
  addEmbedCommand(program, onParsed);
}

/** What tells of the options that arguments may hold: `resona search --help`. */
export function helpCommand(argv: readonly string[]): string {
  let command = new Command();
  addCommands(command, () => undefined);
  const names: string[] = [];
  for (const word of argv) {
    const found = command.commands.find((candidate) => candidate.name() === word);
    if (found === undefined) break;
    names.push(word);
    command = found;
  }
  return ["resona", ...names, "--help"].join(" ");
}

/** Whether errors go to stdout as JSON; asked before the arguments are known to make sense. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? argv.length : end).includes("--json");
}

function version(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}
