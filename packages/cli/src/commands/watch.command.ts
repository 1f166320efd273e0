import type { Engine, NoticeEvent, WatchEvent } from "@resona/core";
import type { Command } from "commander";

import { type CliContext, isDebugging } from "../context.ts";
import { describeFailure, InterruptedError } from "../failure.ts";
import { addCommonFlags, type CommonFlags } from "../flags.ts";
import { formatFailure } from "../present/human.ts";
import { failureFields, printLine } from "../present/json.ts";
import { paintFor } from "../present/paint.ts";
import { createProgress, type ProgressReporter, progressStyle } from "../present/progress.ts";
import { formatRun, formatWatching, noticeLine, timeOfDay, watchLine } from "../present/watch.ts";
import type { Invocation, Report } from "./report.ts";
import { withEngine } from "./with-engine.ts";

export function addWatchCommand(program: Command, onParsed: (invocation: Invocation) => void): void {
  const command = program
    .command("watch")
    .summary("keep the index of a workspace current while its files change")
    .description("Brings the index up to date, and again whenever files have changed, until it is stopped by Ctrl-C.")
    .action((flags: CommonFlags) => {
      onParsed((context) => runWatch(flags, context));
    });
  addCommonFlags(command);
  const json = command.options.find(({ long }) => long === "--json");
  if (json) json.description = "print a line of JSON for every event";
}

async function runWatch(flags: CommonFlags, context: CliContext): Promise<Report> {
  const { json = false } = flags;
  try {
    const onNotice = (notice: NoticeEvent): void => void context.stdout.write(noticeLine(notice, new Date()));
    const clone = { fetch: true, onNotice: json ? onNotice : undefined };
    return await withEngine(flags, context, clone, (engine) => watch(engine, json, context));
  } catch (error) {
    if (!json) throw error;
    // In one line as everything before it.
    const failure = describeFailure(error, context.signal.aborted, "resona watch --help");
    const outcome = failure.code === "INTERRUPTED" ? "interrupted" : "trouble";
    return { text: printLine({ error: failureFields(failure) }), outcome };
  }
}

async function watch(engine: Engine, json: boolean, context: CliContext): Promise<Report> {
  const { stdout, stderr, signal } = context;
  const runs = new RunReporter(json, context);
  let isWatching = false;
  const onEvent = (event: WatchEvent): void => {
    runs.report(event);
    if (event.type === "watching") isWatching = true;
    if (json) {
      stdout.write(watchLine(event, engine, new Date()));
      return;
    }
    switch (event.type) {
      case "indexed":
        if (event.changed) stdout.write(formatRun(event.summary, new Date()));
        break;
      case "index-failed":
        stderr.write(
          `${timeOfDay(new Date())} ${formatFailure(describeFailure(event.error, false), paintFor(stderr))}`,
        );
        break;
      case "watching":
        stderr.write(formatWatching(event, engine.workspace));
        break;
      case "progress":
      case "notice":
      case "debug":
    }
  };
  const stop = (): void => runs.stopping();
  signal.addEventListener("abort", stop, { once: true });
  try {
    await engine.watch({ signal, onEvent });
  } finally {
    signal.removeEventListener("abort", stop);
    runs.finish();
  }
  if (isWatching) return { text: "", outcome: "done" };
  // What it is for had not begun.
  throw new InterruptedError("Interrupted before the index was complete; run the same command to continue.");
}

/** Before this, the progress of a run that a change has caused is not shown: nearly all of them are done. */
const SHOWN_AFTER_MS = 1_000;

/** Shows the progress and the notices of one run after another on stderr. */
class RunReporter {
  readonly #json: boolean;
  readonly #context: CliContext;
  #reporter: ProgressReporter | undefined;
  #isFirst = true;
  #startedAt: number | undefined;
  #isWriting = false;

  constructor(json: boolean, context: CliContext) {
    this.#json = json;
    this.#context = context;
  }

  report(event: WatchEvent): void {
    switch (event.type) {
      case "progress":
        this.#startedAt ??= performance.now();
        this.#isWriting = event.stage !== "checking";
        if (this.#isFirst || performance.now() - this.#startedAt >= SHOWN_AFTER_MS) this.#open().report(event);
        break;
      case "notice":
        if (!this.#json) this.#open().report(event);
        break;
      case "debug":
        this.#open().report(event);
        break;
      case "indexed":
      case "index-failed":
        this.#isFirst = false;
        this.finish();
        break;
      case "watching":
    }
  }

  /** The command is to end; a run that is writing has to finish that first. */
  stopping(): void {
    if (this.#json || !this.#isWriting) return;
    const message = "Finishing what is being written; interrupt again to stop at once.";
    this.#open().report({ type: "notice", code: "INTERRUPTING", message });
  }

  /** A run has ended. */
  finish(): void {
    this.#reporter?.finish();
    this.#reporter = undefined;
    this.#startedAt = undefined;
    this.#isWriting = false;
  }

  #open(): ProgressReporter {
    const { stderr, env } = this.#context;
    const style = this.#json ? "notices" : progressStyle(stderr, env);
    this.#reporter ??= createProgress(stderr, style, { debug: isDebugging(env) });
    return this.#reporter;
  }
}
