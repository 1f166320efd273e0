import type {
  EmbeddingService,
  EmbeddingServiceOptions,
  Engine,
  EngineOptions,
  RepositoryOptions,
  RepositoryWorkspace,
} from "@resona/core";

/** What a command may touch of the world around it; tests give their own. */
export interface CliContext {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Asks the user at the terminal and gives the answer; absent where nobody can be asked. */
  readonly ask?: (question: string) => Promise<string>;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  readonly openEngine: (options: { workspace: string } & EngineOptions) => Promise<Engine>;
  /** Clones a repository into the user's cache, or brings its clone up to date. */
  readonly openRepository: (url: string, options: RepositoryOptions) => Promise<RepositoryWorkspace>;
  readonly openEmbeddingService: (options: EmbeddingServiceOptions) => Promise<EmbeddingService>;
}

/** Whether the user looks for a fault. */
export function isDebugging(env: CliContext["env"]): boolean {
  return env["RESONA_DEBUG"] === "1";
}

/** The part of a terminal, pipe or file that is used here. */
export type OutputStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  /** Width of a terminal in columns. */
  readonly columns?: number | undefined;
};
