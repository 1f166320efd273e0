/** The word of the option `model` for the one that ships with Resona. */
export const BUILT_IN_MODEL = "built-in";

/**
 * The one table of options. Front ends generate their flags, settings and documentation from it.
 * `fingerprint` marks what changes the stored records: a different value rebuilds the index, and without one the value
 * that the index was made with goes before the default.
 */
export const optionTable = {
  index: {
    type: "path",
    default: undefined,
    env: "RESONA_INDEX",
    fingerprint: false,
    description: "Folder of the index; by default .resona in the workspace",
  },
  maxFileBytes: {
    type: "integer",
    default: 1_048_576,
    min: 1_024,
    max: 67_108_864,
    env: "RESONA_MAX_FILE_BYTES",
    fingerprint: false,
    description: "Files larger than this many bytes are skipped",
  },
  exclude: {
    type: "globs",
    default: [],
    env: "RESONA_EXCLUDE",
    fingerprint: false,
    description: "Files and folders to leave out, by globs as those of search --path; may be repeated",
  },
  chunkChars: {
    type: "integer",
    default: 1_500,
    min: 200,
    max: 8_000,
    env: "RESONA_CHUNK_CHARS",
    fingerprint: true,
    description: "Target size of chunks, in characters",
  },
  maxConcurrentFiles: {
    type: "integer",
    default: 10,
    min: 1,
    max: 256,
    env: "RESONA_MAX_CONCURRENT_FILES",
    fingerprint: false,
    description: "Number of files read and parsed at a time",
  },
  parserThreads: {
    type: "integer",
    default: 4,
    min: 1,
    max: 64,
    env: "RESONA_PARSER_THREADS",
    fingerprint: false,
    description: "Threads that parse source files, never more than there are cores",
  },
  parseTimeoutMs: {
    type: "integer",
    default: 2_000,
    min: 10,
    max: 600_000,
    env: "RESONA_PARSE_TIMEOUT_MS",
    fingerprint: false,
    description: "A file that takes longer to parse than this many milliseconds is split by lines",
  },
  model: {
    type: "path",
    words: ["built-in"],
    default: undefined,
    env: "RESONA_MODEL",
    // Its content is part of the fingerprint, not its place.
    fingerprint: false,
    description: "Embedding model: a GGUF file, or built-in; by default the one that the index was built with",
  },
  modelPooling: {
    type: "choice",
    choices: ["mean", "cls", "last"],
    default: undefined,
    env: "RESONA_MODEL_POOLING",
    fingerprint: true,
    description: "How token vectors are pooled into one vector per text; overrides what the model file says",
  },
  embeddingUrl: {
    type: "text",
    default: undefined,
    env: "RESONA_EMBEDDING_URL",
    // The model behind it is part of the fingerprint, not its place.
    fingerprint: false,
    description: "Address of an OpenAI-compatible embedding service to use instead of a local model",
  },
  embeddingModel: {
    type: "text",
    default: undefined,
    env: "RESONA_EMBEDDING_MODEL",
    fingerprint: false,
    description: "Name of the model at that service",
  },
  remoteEmbedding: {
    type: "boolean",
    default: false,
    env: "RESONA_REMOTE_EMBEDDING",
    fingerprint: false,
    description: "Allows texts to be sent to an embedding service outside this machine and its network",
  },
  batchSize: {
    type: "integer",
    default: 2_048,
    min: 1,
    max: 2_048,
    env: "RESONA_BATCH_SIZE",
    fingerprint: false,
    description: "Maximum number of texts per request to an embedding service",
  },
  rateLimitDelayMs: {
    type: "integer",
    default: undefined,
    min: 0,
    max: 600_000,
    env: "RESONA_RATE_LIMIT_DELAY",
    fingerprint: false,
    description:
      "Milliseconds between two requests to an embedding service; by default 500, and 0 for one on this machine",
  },
  checkpoint: {
    type: "boolean",
    default: true,
    env: "RESONA_ENABLE_CHECKPOINT",
    fingerprint: false,
    description: "Notes how far a run is, so that the next one can tell; it continues without, too",
  },
  modelThreads: {
    type: "integer",
    default: undefined,
    min: 1,
    max: 256,
    env: "RESONA_MODEL_THREADS",
    fingerprint: false,
    description:
      "Threads that compute vectors, never more than there are cores, by default one less; the built-in model needs none",
  },
} as const;

interface OptionBase {
  readonly env: string;
  readonly fingerprint: boolean;
  /** One line, no full stop. */
  readonly description: string;
}

export type OptionDescription = OptionBase &
  (
    | {
        readonly type: "path";
        readonly default: string | undefined;
        /** What may stand in place of a path and is none. */
        readonly words?: readonly string[];
      }
    | { readonly type: "choice"; readonly default: string | undefined; readonly choices: readonly string[] }
    | { readonly type: "text"; readonly default: string | undefined }
    /** Any number; in an environment variable separated as the folders of PATH are. */
    | { readonly type: "globs"; readonly default: readonly string[] }
    | { readonly type: "boolean"; readonly default: boolean }
    | { readonly type: "integer"; readonly default: number | undefined; readonly min: number; readonly max: number }
  );

type Described<T extends Record<string, OptionDescription>> = T;
type OptionTable = Described<typeof optionTable>;
export type OptionName = keyof OptionTable;

type OptionValue<O extends OptionDescription> = O extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : O extends { readonly type: "integer" }
    ? number
    : O extends { readonly type: "boolean" }
      ? boolean
      : O extends { readonly type: "globs" }
        ? readonly string[]
        : string;

/** What a caller may give; everything else takes its default. */
export type EngineOptions = {
  readonly [N in OptionName]?: OptionValue<OptionTable[N]> | undefined;
};

/** Every option with its value, as far as it is known without the index. */
export type ResolvedOptions = {
  // The place of the index has no default in the table because it depends on the workspace.
  readonly [N in OptionName]:
    | OptionValue<OptionTable[N]>
    | (N extends "index" ? never : IsOpen<OptionTable[N]> extends true ? undefined : never);
};

/** Without a value there is none, or the index knows it. */
type IsOpen<O extends OptionDescription> = O["fingerprint"] extends true
  ? true
  : undefined extends O["default"]
    ? true
    : false;

/** The options that stored records depend on. */
export type RecordOptionName = {
  [N in OptionName]: OptionTable[N]["fingerprint"] extends true ? N : never;
}[OptionName];

/** Their values, settled. */
export type RecordOptions = {
  readonly [N in RecordOptionName]:
    | OptionValue<OptionTable[N]>
    | (undefined extends OptionTable[N]["default"] ? undefined : never);
};

/** What a command line calls an option: `chunkChars` is `--chunk-chars`. */
export function flagOf(name: OptionName): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Where the value of an option came from that has no default: the flag, or the environment's variable. */
export function spokenName(name: OptionName, given: EngineOptions): string {
  return given[name] === undefined ? optionTable[name].env : flagOf(name);
}
