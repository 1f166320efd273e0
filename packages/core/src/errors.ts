/**
 * Every failure a user can meet: a stable code, one sentence, and what to do next.
 * Nothing else in this package throws something meant for a user.
 */
const catalogue = {
  WORKSPACE_NOT_FOUND: {
    message: (d: { path: string }) => `There is no folder ${d.path}.`,
    nextStep: () => "Check the path given with --workspace.",
  },
  WORKSPACE_NOT_A_FOLDER: {
    message: (d: { path: string }) => `${d.path} is not a folder.`,
    nextStep: () => "Give the folder that holds the files, not a file.",
  },
  WORKSPACE_NOT_READABLE: {
    message: (d: { path: string }) => `The folder ${d.path} cannot be read.`,
    nextStep: () => "Check its permissions.",
  },
  GIT_FAILED: {
    message: (d: { path: string; detail: string }) => `git could not list the files of ${d.path}: ${d.detail}`,
    nextStep: () => "Check that `git status` works in that folder.",
  },
  GIT_NOT_INSTALLED: {
    message: (d: { url: string }) => `${d.url} cannot be cloned because git cannot be started.`,
    nextStep: () => "Install git, or make sure that it is on the PATH.",
  },
  GIT_BARE_REPOSITORY: {
    message: (d: { path: string }) =>
      `${d.path} is a bare repository or part of one: it holds history, but no files to index.`,
    nextStep: () => "Clone it and index the clone, for example with `resona index file:///path/to/repository`.",
  },
  GIT_URL_REFUSED: {
    message: (d: { url: string; detail: string }) => `The repository URL ${d.url} is refused: ${d.detail}.`,
    nextStep: () => "Give a URL that begins with https://, ssh:// or file:///, or has the form git@host:path.",
  },
  GIT_BRANCH_REFUSED: {
    message: (d: { branch: string }) => `${d.branch} cannot be the name of a branch.`,
    nextStep: () => "Give the name of a branch as `git branch` shows it.",
  },
  GIT_BRANCH_NOT_FOUND: {
    message: (d: { url: string; branch: string }) => `${d.url} has no branch ${d.branch}.`,
    nextStep: () => "Check the name, or leave it out for the repository's default branch.",
  },
  GIT_REPOSITORY_NOT_FOUND: {
    message: (d: { url: string; detail: string }) => `There is no git repository at ${d.url}: ${d.detail}`,
    nextStep: () => "Check the URL.",
  },
  GIT_AUTHENTICATION_FAILED: {
    message: (d: { url: string; detail: string }) =>
      `${d.url} does not exist or may not be read without the right credentials: ${d.detail}`,
    nextStep: () => "Make sure that `git ls-remote` with this URL works without asking for anything.",
  },
  GIT_UNREACHABLE: {
    message: (d: { url: string; detail: string }) => `${d.url} cannot be reached: ${d.detail}`,
    nextStep: () => "Check the network and the URL, and run the command again.",
  },
  GIT_DISK_FULL: {
    message: (d: { path: string }) => `There is no space left for a clone at ${d.path}.`,
    nextStep: () => "Free some space and run the command again.",
  },
  GIT_CACHE_NOT_WRITABLE: {
    message: (d: { path: string }) => `The folder for clones at ${d.path} cannot be written.`,
    nextStep: () => "Check its permissions.",
  },
  GIT_CLONE_FAILED: {
    message: (d: { url: string; detail: string }) => `${d.url} could not be cloned or updated: ${d.detail}`,
    nextStep: () => "Run the command again; if it fails again, check that `git clone` works with this URL.",
  },
  NO_INDEX: {
    message: (d: { path: string }) => `There is no index at ${d.path}.`,
    nextStep: () => "Run `resona index` first.",
  },
  INDEX_FOREIGN: {
    message: (d: { path: string }) => `${d.path} exists and is not a Resona index; it was left alone.`,
    nextStep: () => "Move it away, or choose another place with --index.",
  },
  INDEX_FROM_FUTURE: {
    message: (d: { path: string; found: number; known: number }) =>
      `The index at ${d.path} was written by a newer Resona (schema ${d.found}, this one knows ${d.known}).`,
    nextStep: () => "Update Resona, or choose another place with --index.",
  },
  INDEX_OUTDATED: {
    message: (d: { path: string; reasons: readonly string[]; nextStep: string }) =>
      `The index at ${d.path} does not match: ${d.reasons.join("; ")}.`,
    nextStep: (d: { nextStep: string }): string => d.nextStep,
  },
  INDEX_LOCKED: {
    message: (d: { path: string; holder: string }) => `The index at ${d.path} is being written by ${d.holder}.`,
    nextStep: () => "Wait until it is done; searching works meanwhile.",
  },
  INDEX_BEING_BUILT: {
    message: (d: { path: string }) => `The index at ${d.path} is just being built by another process.`,
    nextStep: () => "Try again in a moment.",
  },
  INDEX_OF_OTHER_WORKSPACE: {
    message: (d: { path: string; workspace: string }) => `The index at ${d.path} belongs to ${d.workspace}.`,
    nextStep: () => "Choose another place for this workspace's index with --index.",
  },
  INDEX_OF_OTHER_CONTENTS: {
    message: (d: { path: string; contents: "workspace" | "items" }): string =>
      d.contents === "items"
        ? `${d.path} holds items of \`resona embed\`, not the index of a workspace.`
        : `${d.path} holds the index of a workspace, not items.`,
    nextStep: () => "Choose another place with --index.",
  },
  LOCK_LOST: {
    message: (d: { path: string }) => `Another process has taken over writing the index at ${d.path}.`,
    nextStep: () => "Run the command again when that process is done; what was indexed stays.",
  },
  INDEX_NOT_READABLE: {
    message: (d: { path: string }) => `The index at ${d.path} cannot be read.`,
    nextStep: () => "Check its permissions, or choose another place with --index.",
  },
  INDEX_NOT_WRITABLE: {
    message: (d: { path: string }) => `The index at ${d.path} cannot be written.`,
    nextStep: () => "Choose a writable place with --index.",
  },
  INDEX_DAMAGED: {
    message: (d: { path: string; detail: string }) => `The index at ${d.path} is damaged: ${d.detail}`,
    nextStep: () =>
      "See what `resona doctor` says, or rebuild it with `resona index --rebuild`; an index holds derived data only.",
  },
  INDEX_TORN: {
    message: (d: { path: string }) =>
      `The newest version of the index at ${d.path} was not written completely, as a power cut leaves it.`,
    nextStep: () =>
      "Run `resona index` (or `resona embed generate`): it goes back to the version before and does again what is missing.",
  },
  STORE_FAILED: {
    message: (d: { path: string; detail: string }) => `The database at ${d.path} failed: ${d.detail}`,
    nextStep: () => "Run the command again; if it fails again, rebuild with `resona index --rebuild`.",
  },
  DISK_FULL: {
    message: (d: { path: string }) => `There is no space left to write the index at ${d.path}; what was indexed stays.`,
    nextStep: () => "Free some space, or choose another place with --index, and run the command again.",
  },
  QUERY_EMPTY: {
    message: () => "The query is empty.",
    nextStep: () => "Say what you are looking for, in words or as a name.",
  },
  QUERY_TOO_LONG: {
    message: (d: { length: number; limit: number }) => `The query has ${d.length} characters; ${d.limit} is the most.`,
    nextStep: () => "Shorten it to the few sentences or names that matter.",
  },
  OPTION_INVALID: {
    message: (d: { option: string; detail: string }) => `${d.option} ${d.detail}.`,
    nextStep: () => "See `resona --help` for the options and their bounds.",
  },
  MODEL_NOT_FOUND: {
    message: (d: ModelNotFound) =>
      `There is no model file ${d.path}${d.isRemembered ? ", with which the index was made" : ""}.`,
    nextStep: (d: ModelNotFound): string => {
      if (!d.isRemembered) return `Check the path${d.saidWith === undefined ? "" : ` given with ${d.saidWith}`}.`;
      const place = `--model <new path>${d.pooling === undefined ? "" : ` --model-pooling ${d.pooling}`}`;
      return `Put the file back, or say with ${place} where it is now, which rebuilds nothing; \`resona index\` with another model, for example --model built-in, builds the index anew.`;
    },
  },
  MODEL_NOT_READABLE: {
    message: (d: { detail: string; nextStep: string }) => `The embedding model cannot be used: ${d.detail}`,
    nextStep: (d: { nextStep: string }): string => d.nextStep,
  },
  MODEL_UNSUPPORTED: {
    message: (d: { detail: string; nextStep: string }) => `The embedding model is not supported: ${d.detail}`,
    nextStep: (d: { nextStep: string }): string => d.nextStep,
  },
  MODEL_POOLING_UNKNOWN: {
    message: (d: { detail: string }) => `The embedding model cannot be used: ${d.detail}`,
    nextStep: () => "Give --model-pooling mean, cls or last, as the model's card says; a wrong one gives poor results.",
  },
  MODEL_INVALID: {
    message: (d: { detail: string; nextStep: string }) => `The embedding model cannot be used: ${d.detail}`,
    nextStep: (d: { nextStep: string }): string => d.nextStep,
  },
  MODEL_OUT_OF_MEMORY: {
    message: (d: { detail: string }) => `The embedding model cannot be loaded: ${d.detail}`,
    nextStep: () => "Use a smaller or more quantised model, or fewer --model-threads.",
  },
  MODEL_FAILED: {
    message: (d: { detail: string }) => `The embedding model failed: ${d.detail}`,
    nextStep: () => "Run the command again, what was indexed stays; if it fails again, please report it.",
  },
  EMBEDDER_URL_INVALID: {
    message: (d: { detail: string }) => `The address of the embedding service ${d.detail}.`,
    nextStep: () => "Give an address like http://localhost:11434/v1.",
  },
  EMBEDDER_CONSENT_MISSING: {
    message: (d: { service: string }) =>
      `Embedding with ${d.service} would send texts away from this machine and its network, to which nobody has agreed.`,
    nextStep: () => "Agree with --remote-embedding, or use a model or a service on this machine.",
  },
  EMBEDDER_KEY_INVALID: {
    message: () => "The key of the embedding service has characters that no key can have.",
    nextStep: () => "Check RESONA_EMBEDDING_KEY for spaces and line breaks.",
  },
  EMBEDDER_KEY_UNPROTECTED: {
    message: (d: { service: string }) => `The key of the embedding service would travel to ${d.service} unencrypted.`,
    nextStep: () => "Use an https:// address, or unset RESONA_EMBEDDING_KEY if the service needs no key.",
  },
  EMBEDDER_UNREACHABLE: {
    message: (d: { service: string; detail: string }) =>
      `The embedding service at ${d.service} cannot be reached: ${d.detail}.`,
    nextStep: () => "Check its address and that it is running; what was indexed stays.",
  },
  EMBEDDER_TIMED_OUT: {
    message: (d: { service: string; seconds: number }) =>
      `The embedding service at ${d.service} did not answer within ${d.seconds} seconds.`,
    nextStep: () => "Check how busy it is and run the command again; what was indexed stays.",
  },
  EMBEDDER_REFUSED: {
    message: (d: { service: string; status: number; detail: string; hasKey: boolean }) =>
      `The embedding service at ${d.service} refuses access (${d.status})${afterColon(d.detail)}.`,
    nextStep: (d: { hasKey: boolean }): string =>
      d.hasKey ? "Check the key, for example in RESONA_EMBEDDING_KEY." : "Set RESONA_EMBEDDING_KEY to its key.",
  },
  EMBEDDER_MODEL_NOT_FOUND: {
    message: (d: { service: string; model: string | undefined; detail: string }) =>
      `The embedding service at ${d.service} has no model ${d.model ?? "to embed with"}${afterColon(d.detail)}.`,
    nextStep: () => "Check the model's name, or have the service load it first.",
  },
  EMBEDDER_ENDPOINT_NOT_FOUND: {
    message: (d: { url: string; detail: string }) =>
      `Nothing at ${d.url} embeds in the way of OpenAI${afterColon(d.detail)}.`,
    nextStep: () => "Check the address; it usually ends in /v1.",
  },
  EMBEDDER_REDIRECTED: {
    message: (d: { service: string; target: string }) =>
      `The embedding service at ${d.service} sends requests on to ${d.target}; nothing was sent there.`,
    nextStep: () => "Give the address of the service itself.",
  },
  EMBEDDER_RATE_LIMITED: {
    message: (d: { service: string; detail: string; waitSeconds: number }) =>
      `The embedding service at ${d.service} takes no more requests${
        d.waitSeconds === 0 ? "" : ` for ${d.waitSeconds} seconds`
      }${afterColon(d.detail)}.`,
    nextStep: () =>
      "Run the command again later, perhaps with a longer RESONA_RATE_LIMIT_DELAY; what was indexed stays.",
  },
  EMBEDDER_FAILED: {
    message: (d: { service: string; status: number; detail: string }) =>
      `The embedding service at ${d.service} failed (${d.status})${afterColon(d.detail)}.`,
    nextStep: () => "Look into its log and run the command again; what was indexed stays.",
  },
  EMBEDDER_REQUEST_REFUSED: {
    message: (d: { service: string; status: number; detail: string }) =>
      `The embedding service at ${d.service} refuses the request (${d.status})${afterColon(d.detail)}.`,
    nextStep: () => "Check that the model is one for embedding and that its limits are those of the service.",
  },
  EMBEDDER_INVALID_ANSWER: {
    message: (d: { service: string; detail: string }) =>
      `The answer of the embedding service at ${d.service} cannot be used: ${d.detail}.`,
    nextStep: () => "Check the address and the model; nothing of that answer was stored.",
  },
  EMBEDDER_DIMENSION_CHANGED: {
    message: (d: { service: string; expected: number; found: number }) =>
      `The embedding service at ${d.service} gives vectors of ${d.found} numbers instead of ${d.expected}.`,
    nextStep: () => "If its model was replaced, build the index anew with `resona index --rebuild`.",
  },
  EMBEDDER_MODEL_CHANGED: {
    message: (d: { service: string; expected: string; found: string }) =>
      `The embedding service at ${d.service} answers with the model ${d.found} instead of ${d.expected}.`,
    nextStep: () => "Run the command again, and name the model so that the service cannot choose another.",
  },
} as const;

function afterColon(detail: string): string {
  return detail === "" ? "" : `: ${detail}`;
}

interface ModelNotFound {
  readonly path: string;
  /** Whether the index chose it. */
  readonly isRemembered: boolean;
  /** The flag or variable that named it. */
  readonly saidWith?: string | undefined;
  readonly pooling?: string | undefined;
}

type Catalogue = typeof catalogue;
export type ErrorCode = keyof Catalogue;
export type EmbedderErrorCode = Extract<ErrorCode, `EMBEDDER_${string}`>;
export type ErrorDetails<C extends ErrorCode> = Parameters<Catalogue[C]["message"]>[0];

export class ResonaError extends Error {
  readonly code: ErrorCode;
  /** What the user can do about it, one sentence. */
  readonly nextStep: string;

  constructor(code: ErrorCode, message: string, nextStep: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ResonaError";
    this.code = code;
    this.nextStep = nextStep;
  }
}

/** Builds the error of a code from its details: `resonaError("NO_INDEX", { path })`. */
export function resonaError<C extends ErrorCode>(code: C, details: ErrorDetails<C>, cause?: unknown): ResonaError {
  const entry = catalogue[code];
  // Each entry's texts take exactly the details of its code; TypeScript cannot follow that through the union.
  const { message, nextStep } = entry as Record<"message" | "nextStep", (details: ErrorDetails<C>) => string>;
  return new ResonaError(code, message(details), nextStep(details), cause);
}
