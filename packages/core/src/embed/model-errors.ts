import { NativeEmbedError } from "@resona/native-embed";
import type { NativeEmbedErrorCode } from "@resona/native-embed";

import { resonaError } from "../errors.ts";

/** Which model an error is about, and who chose it. */
export interface ModelSource {
  /** Absolute; undefined for the built-in model. */
  readonly path: string | undefined;
  /** Whether the index chose it, because it was made with it. */
  readonly isRemembered: boolean;
  /** The flag or the variable that named the file, if one did. */
  readonly saidWith?: string | undefined;
  /** Instead of what the model's file says, or does not say. */
  readonly pooling?: "mean" | "cls" | "last" | undefined;
}

/** What a failure of the embedding package means to a user of this one. */
const meanings: Readonly<Record<NativeEmbedErrorCode, Meaning>> = {
  MODEL_NOT_FOUND: "not-found",
  MODEL_NOT_READABLE: "not-readable",
  NOT_GGUF: "invalid",
  UNSUPPORTED_VERSION: "unsupported",
  TRUNCATED: "invalid",
  LIMIT_EXCEEDED: "invalid",
  INVALID_METADATA: "invalid",
  INVALID_TENSOR: "invalid",
  UNSUPPORTED_ARCHITECTURE: "unsupported",
  UNSUPPORTED_TOKENIZER: "unsupported",
  UNSUPPORTED_TENSOR_TYPE: "unsupported",
  POOLING_UNKNOWN: "pooling-unknown",
  OUT_OF_MEMORY: "out-of-memory",
  KERNELS_UNAVAILABLE: "unsupported",
  NOT_FINITE: "invalid",
  EMBED_WORKER_FAILED: "failed",
  // These two are mistakes of this package.
  INVALID_OPTION: "unexpected",
  EMBEDDER_CLOSED: "unexpected",
};

type Meaning =
  | "not-found"
  | "not-readable"
  | "invalid"
  | "unsupported"
  | "pooling-unknown"
  | "out-of-memory"
  | "failed"
  | "unexpected";

/** The error that the user sees; anything but a `NativeEmbedError` stays what it is. */
export function toModelError(error: unknown, source: ModelSource): unknown {
  if (!(error instanceof NativeEmbedError)) return error;
  const { path } = source;
  const { message: detail, nextStep } = error;
  const meaning = meanings[error.code];
  // The user neither chose the built-in model nor can mend it.
  if (path === undefined && meaning !== "out-of-memory" && meaning !== "failed" && meaning !== "unexpected") {
    const reinstall = "Install Resona again; the model is part of its package.";
    return resonaError("MODEL_INVALID", { detail, nextStep: reinstall }, error);
  }
  switch (meaning) {
    case "not-found":
      return resonaError("MODEL_NOT_FOUND", { ...source, path: path ?? "" }, error);
    case "not-readable":
      return resonaError("MODEL_NOT_READABLE", { detail, nextStep }, error);
    case "invalid":
      return resonaError("MODEL_INVALID", { detail, nextStep }, error);
    case "unsupported":
      return resonaError("MODEL_UNSUPPORTED", { detail, nextStep }, error);
    case "pooling-unknown":
      return resonaError("MODEL_POOLING_UNKNOWN", { detail }, error);
    case "out-of-memory":
      return resonaError("MODEL_OUT_OF_MEMORY", { detail }, error);
    case "failed":
      return resonaError("MODEL_FAILED", { detail }, error);
    case "unexpected":
      return error;
  }
}
