import { realpathSync } from "node:fs";
import { join, relative } from "node:path";

import {
  checkQuery,
  type Engine,
  type ErrorCode,
  type IndexSummary,
  ResonaError,
  type SearchOptions,
  type SearchResult,
} from "@resona/core";
import { type Command, Option } from "commander";

import type { CliContext } from "../context.ts";
import { hasNothingToIndex, searchOutcome } from "../exit-codes.ts";
import { InterruptedError, UsageError } from "../failure.ts";
import { addCommonFlags, type CommonFlags, eachNonEmpty, wholeNumber } from "../flags.ts";
import { commitSearchDocument, formatCommits } from "../present/commits.ts";
import {
  formatHits,
  formatNote,
  type HitLayout,
  interrupted,
  nothingToIndex,
  oversizedChunks,
  truncatedChunks,
  workDone,
} from "../present/human.ts";
import { type Refresh, searchDocument } from "../present/json.ts";
import { paintFor } from "../present/paint.ts";
import { counted } from "../present/text.ts";
import { bringCommitsUpToDate } from "./bring-commits-up-to-date.ts";
import { bringUpToDate } from "./bring-up-to-date.ts";
import type { Invocation, Report } from "./report.ts";
import { withEngine } from "./with-engine.ts";

interface SearchFlags extends CommonFlags {
  readonly limit: number;
  readonly path?: readonly string[];
  readonly language?: readonly string[];
  readonly explain?: boolean;
  readonly refresh: boolean;
  readonly commits?: boolean;
}

export function addSearchCommand(program: Command, onParsed: (invocation: Invocation) => void): void {
  const command = program
    .command("search")
    .summary("find code and text by meaning or by name")
    .description("Finds code and text by meaning or by name, in an index that is first brought up to date.")
    .argument("<query...>", "what to look for; put -- before a query that starts with a dash")
    .addOption(new Option("--limit <n>", "most hits to show, 1 to 100").argParser(wholeNumber(1, 100)).default(10))
    .addOption(
      new Option(
        "--path <glob>",
        "only files whose path matches, or not if it starts with !; may be repeated",
      ).argParser(eachNonEmpty),
    )
    .addOption(new Option("--language <name>", "only files of this language; may be repeated").argParser(eachNonEmpty))
    .option("--explain", "show the terms of every score")
    .option("--commits", "search the history: the commits that touched indexed files")
    .option("--no-refresh", "search the index as it is")
    .action((words: string[], flags: SearchFlags) => {
      // Known without the engine, and better said before a long indexing run than after it.
      const query = checkQuery(words.join(" "));
      onParsed((context) =>
        flags.commits === true ? runCommitSearch(query, flags, context) : runSearch(query, flags, context),
      );
    });
  addCommonFlags(command);
}

async function runSearch(query: string, flags: SearchFlags, context: CliContext): Promise<Report> {
  return withEngine(flags, context, { fetch: flags.refresh }, async (engine) => {
    const refresh = flags.refresh ? await refreshIndex(engine, flags, context) : ({ kind: "not-asked" } as const);
    const nothing = refresh.kind === "done" && hasNothingToIndex(refresh.summary) ? refresh.summary : undefined;
    const result = nothing
      ? { query, hits: [], indexComplete: true, durationMs: 0 }
      : await searchIndex(engine, query, flags, refresh, context);
    const outcome = searchOutcome(result);
    if (!result.indexComplete && flags.json !== true) {
      const message = "The first index of this workspace is not finished; only a part of it was searched.";
      context.stderr.write(formatNote(message, paintFor(context.stderr)));
    }
    if (flags.json === true) return { text: searchDocument(result, refresh, engine.workspace), outcome };
    if (nothing) context.stderr.write(`${nothingToIndex(nothing, engine.workspace)}\n`);
    else if (outcome === "nothing-found") context.stderr.write("Nothing found.\n");
    return { text: formatHits(result, hitLayout(engine.workspace, context)), outcome };
  });
}

/** Files first: only commits that touched indexed ones are of interest. */
async function runCommitSearch(query: string, flags: SearchFlags, context: CliContext): Promise<Report> {
  const { path, language, explain = false, json = false, limit } = flags;
  if (path !== undefined || language !== undefined || explain)
    throw new UsageError("--path, --language and --explain are about files.", "Leave them out with --commits.");
  return withEngine(flags, context, { fetch: flags.refresh }, async (engine) => {
    const { failure, isEmpty = false } = flags.refresh ? await refreshCommits(engine, flags, context) : {};
    const result = await searchDespite(failure, context, () =>
      engine.searchCommits(query, { limit, signal: context.signal, onEvent: noted(context) }),
    ).catch((error: unknown) => {
      if (!(error instanceof ResonaError) || error.code !== "NO_INDEX") throw error;
      if (isEmpty) return { query, hits: [], durationMs: 0 };
      // Makes the index of the files as well, if that is what is missing.
      throw new ResonaError(error.code, error.message, "Run `resona index --commits` first.", error);
    });
    const outcome = searchOutcome(result);
    if (json) return { text: commitSearchDocument(result, engine.workspace), outcome };
    if (outcome === "nothing-found") context.stderr.write("Nothing found.\n");
    return { text: formatCommits(result.hits, paintFor(context.stdout)), outcome };
  });
}

interface CommitRefresh {
  /** What kept the history from being brought up to date, if what is there can still be searched. */
  readonly failure?: ResonaError;
  /** There is no history. */
  readonly isEmpty?: boolean;
}

async function refreshCommits(engine: Engine, flags: SearchFlags, context: CliContext): Promise<CommitRefresh> {
  const refresh = await refreshIndex(engine, flags, context);
  if (refresh.kind === "done" && refresh.summary.commitsIndexed !== undefined) return {};
  try {
    const { status } = await bringCommitsUpToDate(engine, flags.json ?? false, context);
    return { isEmpty: status === "no-history", ...(refresh.kind === "failed" ? { failure: refresh.error } : {}) };
  } catch (error) {
    if (isSearchableDespite(error)) return { failure: error };
    throw error;
  }
}

/** With any of these the index that is there can still be searched. */
const searchableDespite: ReadonlySet<ErrorCode> = new Set(["INDEX_LOCKED", "INDEX_NOT_WRITABLE", "DISK_FULL"]);

async function refreshIndex(engine: Engine, flags: SearchFlags, context: CliContext): Promise<Refresh> {
  try {
    // A rebuild may take hours, and would replace what the user wanted to search.
    const summary = await bringUpToDate(engine, { json: flags.json ?? false, ifOutdated: "refuse" }, context);
    if (summary.status === "interrupted") throw new InterruptedError(interrupted(summary));
    if (flags.json !== true) reportRefresh(summary, context);
    return { kind: "done", summary };
  } catch (error) {
    if (isSearchableDespite(error)) return { kind: "failed", error };
    throw error;
  }
}

function isSearchableDespite(error: unknown): error is ResonaError {
  return error instanceof ResonaError && searchableDespite.has(error.code);
}

/** Searches what is there, and says so if it could not be brought up to date. */
async function searchDespite<T>(
  failure: ResonaError | undefined,
  { stderr }: CliContext,
  search: () => Promise<T>,
): Promise<T> {
  try {
    const result = await search();
    if (failure) stderr.write(formatNote(`${failure.message} Searching what is there.`, paintFor(stderr)));
    return result;
  } catch (error) {
    const nothingThere = error instanceof ResonaError && error.code === "NO_INDEX";
    throw nothingThere && failure ? failure : error;
  }
}

function reportRefresh(summary: IndexSummary, { stderr }: CliContext): void {
  const { filesFailed: failed } = summary;
  if (summary.filesIndexed > 0 || summary.filesRemoved > 0) stderr.write(`${workDone(summary)}\n`);
  for (const line of [truncatedChunks(summary), oversizedChunks(summary)])
    if (line !== undefined) stderr.write(formatNote(line, paintFor(stderr)));
  if (failed > 0) {
    const message = `${counted(failed, "file")} could not be indexed; \`resona index\` names them.`;
    stderr.write(formatNote(message, paintFor(stderr)));
  }
}

async function searchIndex(
  engine: Engine,
  query: string,
  { limit, path = [], language = [], explain = false }: SearchFlags,
  refresh: Refresh,
  context: CliContext,
): Promise<SearchResult> {
  const { signal } = context;
  const onEvent = noted(context);
  return searchDespite(refresh.kind === "failed" ? refresh.error : undefined, context, () =>
    engine.search(query, { limit, pathGlobs: path, languages: language, explain, signal, onEvent }),
  );
}

/** Says what keeps a search waiting. */
function noted({ stderr }: CliContext): NonNullable<SearchOptions["onEvent"]> {
  return ({ message }) => void stderr.write(formatNote(message, paintFor(stderr)));
}

/** A path that would climb is shorter and clearer from the root. */
function fromHere(here: string, path: string): string {
  const shown = relative(here, path);
  return shown.startsWith("..") ? path : shown;
}

/** Paths as they are opened from where the user stands, which need not be the workspace. */
function hitLayout(workspace: string, { stdout, cwd }: CliContext): HitLayout {
  const here = realpathSync(cwd);
  return {
    paint: paintFor(stdout),
    // A terminal that does not know its width says 0.
    columns: stdout.isTTY === true ? stdout.columns || undefined : undefined,
    displayPath: (path) => fromHere(here, join(workspace, path)),
  };
}
