import { resolve } from "node:path";

import {
  type EmbeddingServiceOptions,
  type EngineOptions,
  type OptionDescription,
  type OptionName,
  optionTable,
} from "@resona/core";
import { type Command, InvalidArgumentError, Option } from "commander";

import { UsageError } from "./failure.ts";

type Kebab<S extends string> = S extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `-${Lowercase<Head>}`}${Kebab<Tail>}`
  : S;

/**
 * The flag of every engine option, or `null` for one that the command line does not offer. An option added to the
 * engine's table does not compile until it is decided here, nor does a flag that is not the option's name in kebab-case.
 */
export const engineFlags: {
  readonly [N in OptionName]: `--${Kebab<N>} <${string}>` | `--${Kebab<N>}` | null;
} = {
  index: "--index <path>",
  exclude: "--exclude <glob>",
  maxFileBytes: "--max-file-bytes <n>",
  chunkChars: "--chunk-chars <n>",
  maxConcurrentFiles: "--max-concurrent-files <n>",
  parserThreads: "--parser-threads <n>",
  parseTimeoutMs: "--parse-timeout-ms <n>",
  model: "--model <file>",
  modelPooling: "--model-pooling <how>",
  modelThreads: "--model-threads <n>",
  embeddingUrl: "--embedding-url <url>",
  embeddingModel: "--embedding-model <name>",
  remoteEmbedding: "--remote-embedding",
  batchSize: "--batch-size <n>",
  rateLimitDelayMs: "--rate-limit-delay-ms <n>",
  // For those who watch the disk; a variable will do.
  checkpoint: null,
};

/** What every command takes. Only options that were given are set; the engine knows the defaults and the environment. */
export interface CommonFlags extends EngineOptions {
  readonly workspace: string;
  /** Of a repository's URL. */
  readonly branch?: string;
  readonly json?: boolean;
}

/** Adds `--workspace`, `--json` and the flags of the engine's options. */
export function addCommonFlags(command: Command): Command {
  command.addOption(
    new Option("--workspace <path>", "folder to work on, or the URL of a git repository to clone")
      .argParser(nonEmpty)
      .default(".", "the current folder"),
  );
  command.addOption(new Option("--branch <name>", "branch of a repository that is cloned").argParser(nonEmpty));
  command.addOption(new Option("--json", "print one JSON document"));
  for (const name of optionNames()) {
    const flag = engineFlags[name];
    if (flag !== null) command.addOption(engineOption(flag, optionTable[name]));
  }
  return command;
}

/** The engine options that make sense for items. */
const itemOptionNames = [
  "chunkChars",
  "model",
  "modelPooling",
  "modelThreads",
  "embeddingUrl",
  "embeddingModel",
  "remoteEmbedding",
  "batchSize",
  "rateLimitDelayMs",
] as const;

/** What every command of `resona embed` takes. */
export interface ItemFlags extends Pick<EngineOptions, (typeof itemOptionNames)[number]> {
  readonly index: string;
  readonly json?: boolean;
}

/** Adds `--index`, `--json` and the flags of the engine's options that make sense for items. */
export function addItemFlags(command: Command): Command {
  command.addOption(new Option("--index <path>", "folder of the index").argParser(nonEmpty).default(".resona-items"));
  command.addOption(new Option("--json", "print one JSON document"));
  for (const name of itemOptionNames) {
    const flag = engineFlags[name];
    if (flag !== null) command.addOption(engineOption(flag, optionTable[name]));
  }
  return command;
}

/** The options for the embedding service among the flags that were given; paths are meant from `cwd`. */
export function itemOptions(flags: ItemFlags, cwd: string): EmbeddingServiceOptions {
  return { ...(givenOptions(itemOptionNames, flags, cwd) as Partial<ItemFlags>), index: resolve(cwd, flags.index) };
}

/**
 * The options for the engine among the flags that were given; paths are meant from `cwd`.
 *
 * @throws UsageError for a glob to exclude that no path in the workspace can match.
 */
export function engineOptions(flags: CommonFlags, cwd: string): { workspace: string } & EngineOptions {
  const workspace = resolve(cwd, flags.workspace);
  const outside = flags.exclude?.find((glob) => isOutside(glob, workspace));
  if (outside !== undefined)
    throw new UsageError(
      `--exclude ${outside} matches nothing: globs are compared with paths from the workspace's root.`,
      "Write it from there, for example 'src/generated', or '*.snap' for any depth.",
    );
  return { workspace, ...givenOptions(optionNames(), flags, cwd) };
}

/** Whether a glob climbs out of the workspace, or names it or a drive; one slash at the start is its root. */
function isOutside(glob: string, workspace: string): boolean {
  return glob.split("/").includes("..") || /^[a-z]:[\\/]/i.test(glob) || glob.startsWith(`${workspace}/`);
}

function givenOptions(names: readonly OptionName[], flags: EngineOptions, cwd: string): EngineOptions {
  const given = names.flatMap((name) => {
    const value = flags[name];
    if (value === undefined) return [];
    return [[name, isRelativePath(value, optionTable[name]) ? resolve(cwd, value) : value] as const];
  });
  return Object.fromEntries(given) as EngineOptions;
}

/** Whether it names a place, as opposed to an address, a word with a meaning of its own, or what is no path at all. */
function isRelativePath(value: unknown, option: OptionDescription): value is string {
  if (option.type !== "path" || typeof value !== "string") return false;
  return !value.includes("://") && option.words?.includes(value) !== true;
}

/** Parser of a whole number from `min` to `max`, both allowed. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** Parser of a number, 0 or more, that need not be whole. */
export function nonNegativeNumber(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new InvalidArgumentError("It must be 0 or a greater number.");
}

/** Parser of text that is not empty. */
export function nonEmpty(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("It must not be empty.");
  return text;
}

/** Parser of a flag that may be given several times. */
export function eachNonEmpty(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, nonEmpty(text)];
}

function engineOption(flag: string, description: OptionDescription): Option {
  const text = description.description;
  const facts = [
    ...(description.default === undefined || description.type === "globs"
      ? []
      : [`default: ${description.fingerprint ? "the index's own, else " : ""}${description.default}`]),
    ...(description.type === "integer" ? [`${description.min} to ${description.max}`] : []),
    `env: ${description.env}`,
  ];
  const option = new Option(flag, `${text.charAt(0).toLowerCase()}${text.slice(1)} (${facts.join(", ")})`);
  option.helpGroup("Engine options:");
  switch (description.type) {
    case "integer":
      return option.argParser(wholeNumber(description.min, description.max));
    case "boolean":
      return option;
    case "choice":
      return option.choices(description.choices);
    case "globs":
      return option.argParser(eachNonEmpty);
    case "path":
    case "text":
      return option.argParser(nonEmpty);
  }
}

function optionNames(): OptionName[] {
  return Object.keys(optionTable) as OptionName[];
}
