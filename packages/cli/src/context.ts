import type { Engine, EngineOptions } from "@resona/core";

/** What a command may touch of the world around it; tests give their own. */
export interface CliContext {
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  readonly openEngine: (options: { workspace: string } & EngineOptions) => Promise<Engine>;
}

/** The part of a terminal, pipe or file that is used here. */
export type OutputStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  /** Width of a terminal in columns. */
  readonly columns?: number | undefined;
};
