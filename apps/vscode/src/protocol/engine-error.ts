import type { ErrorCode } from "@resona/core";

/** What can go wrong with the engine's process; the engine's own errors are in core's catalogue. */
const catalogue = {
  ENGINE_CRASHED: {
    message: (d: { how: string }) => `The search engine ended unexpectedly (${d.how}).`,
    nextStep: () => "It is started again by itself; what was indexed stays.",
  },
  ENGINE_OUT_OF_MEMORY: {
    message: (d: { limitMb: number }) => `The search engine needed more memory than the limit of ${d.limitMb} MB.`,
    nextStep: () => "Raise the limit with the setting resona.memoryLimitMb; what was indexed stays.",
  },
  ENGINE_KEEPS_CRASHING: {
    message: (d: KeepsCrashing) =>
      `The search engine ended unexpectedly ${d.times} times within ${d.minutes} minutes and is not started again. ${d.last.message}`,
    nextStep: ({ last }: KeepsCrashing): string =>
      last.code === "ENGINE_OUT_OF_MEMORY" ? last.nextStep : "Check the log, then try again.",
  },
  ENGINE_NOT_ANSWERING: {
    message: (d: { seconds: number }) => `The search engine did not answer within ${d.seconds} s of its start.`,
    nextStep: () => "Check the log, then try again.",
  },
  ENGINE_CPU_UNSUPPORTED: {
    message: () => "This processor cannot run the search engine: it lacks instructions that the database is built of.",
    nextStep: () => "Use Resona on a computer with a newer processor; the editor is not affected.",
  },
  ENGINE_NATIVE_MISSING: {
    message: (d: { platform: string }) => `This build of Resona has no database library for ${d.platform}.`,
    // As LanceDB has them, and `scripts/package.mjs`.
    nextStep: () =>
      "Install the build of the extension for this platform; there are builds for Linux and Windows on x64 and ARM64 processors, and for macOS on Apple silicon.",
  },
  ENGINE_NATIVE_UNUSABLE: {
    message: (d: { detail: string }) => `The database library cannot be loaded: ${d.detail}`,
    nextStep: () => "Install the build of the extension that is made for this platform.",
  },
  ENGINE_NATIVE_NOT_UNPACKED: {
    message: (d: { detail: string }) => `The database library cannot be unpacked: ${d.detail}`,
    nextStep: () => "Make sure that there is space left and that the folder can be written, then try again.",
  },
  ENGINE_NOT_STARTED: {
    message: (d: { detail: string }) => `The search engine cannot be started: ${d.detail}`,
    nextStep: () => "Check the log, then try again.",
  },
  ENGINE_STOPPED: {
    message: () => "The search engine was stopped.",
    nextStep: () => "Run the command again.",
  },
  ENGINE_FAILED: {
    message: (d: { detail: string }) => `The search engine failed: ${d.detail}`,
    nextStep: () => "Run the command again; if it fails again, please report it with what the log says.",
  },
} as const;

interface KeepsCrashing {
  readonly times: number;
  readonly minutes: number;
  readonly last: EngineErrorData;
}

type Catalogue = typeof catalogue;
export type HostErrorCode = keyof Catalogue;
export type HostErrorDetails<C extends HostErrorCode> =
  Parameters<Catalogue[C]["message"]> extends [infer D] ? D : Record<string, never>;

/** An error as it is sent. */
export interface EngineErrorData {
  readonly code: ErrorCode | HostErrorCode;
  /** What is the case, one sentence. */
  readonly message: string;
  /** What the user can do about it, one sentence. */
  readonly nextStep: string;
}

/** What a call of the engine rejects with: the engine's own error or one of its process. */
export class EngineError extends Error implements EngineErrorData {
  readonly code: ErrorCode | HostErrorCode;
  readonly nextStep: string;

  constructor({ code, message, nextStep }: EngineErrorData, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "EngineError";
    this.code = code;
    this.nextStep = nextStep;
  }
}

/** Builds the error of a code from its details: `engineError("ENGINE_STOPPED", {})`. */
export function engineError<C extends HostErrorCode>(
  code: C,
  details: HostErrorDetails<C>,
  cause?: unknown,
): EngineError {
  // Each entry's texts take exactly the details of its code; TypeScript cannot follow that through the union.
  const { message, nextStep } = catalogue[code] as Record<"message" | "nextStep", (d: HostErrorDetails<C>) => string>;
  return new EngineError({ code, message: message(details), nextStep: nextStep(details) }, cause);
}

/** What has gone wrong, as it is told: what nobody has foreseen is a failure of the engine. */
export function asEngineError(error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  return engineError("ENGINE_FAILED", { detail: error instanceof Error ? error.message : String(error) }, error);
}
