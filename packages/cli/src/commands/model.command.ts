import { resolve } from "node:path";

import { inspectModel } from "@resona/core";
import type { Command } from "commander";

import type { CliContext } from "../context.ts";
import { modelDocument } from "../present/json.ts";
import { formatModel } from "../present/model.ts";
import type { Invocation, Report } from "./report.ts";

interface InspectFlags {
  readonly json?: boolean;
}

export function addModelCommand(program: Command, onParsed: (invocation: Invocation) => void): void {
  const command = program
    .command("model")
    .summary("look at the file of an embedding model")
    .description("Looks at the file of an embedding model.");
  command
    .command("inspect")
    .summary("show what a GGUF file holds and whether it can be used")
    .description("Shows what a GGUF file holds and whether Resona can use it. Reads its header, not its weights.")
    .argument("<file>", "path of the GGUF file")
    .option("--json", "print one JSON document")
    .action((file: string, flags: InspectFlags) => {
      onParsed((context) => runInspect(file, flags, context));
    });
}

/** Scripts ask whether a model can be used; trouble is a file that cannot be read as a model. */
async function runInspect(file: string, { json = false }: InspectFlags, { cwd }: CliContext): Promise<Report> {
  const path = resolve(cwd, file);
  const model = await inspectModel(path);
  return {
    text: json ? modelDocument(model, path) : formatModel(model),
    outcome: model.supported ? "done" : "not-supported",
  };
}
