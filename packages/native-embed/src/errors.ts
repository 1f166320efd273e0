/**
 * Every failure that a caller of this package can meet: a stable code, what is wrong, and what to do next.
 * A damaged or hostile model file ends in one of these, never in a bare RangeError or TypeError.
 */
const catalogue = {
  MODEL_NOT_FOUND: {
    sentence: "There is no such model file",
    nextStep: "Check the path given as `model`, or leave it out to use the model that ships with the package.",
  },
  MODEL_NOT_READABLE: {
    sentence: "The model file cannot be read",
    nextStep: "Check that it is a regular file, its permissions, and the disk.",
  },
  NOT_GGUF: {
    sentence: "The file is no GGUF file",
    nextStep: "Give the path of a .gguf model.",
  },
  UNSUPPORTED_VERSION: {
    sentence: "The file is a GGUF file of another version or byte order",
    nextStep: "Convert the model to little-endian GGUF version 3.",
  },
  TRUNCATED: {
    sentence: "The model file ends too early",
    nextStep: "Copy or download the model again; this copy is incomplete or damaged.",
  },
  LIMIT_EXCEEDED: {
    sentence: "The model file goes beyond a limit of this reader",
    nextStep: "If the file is sound, please report it; a damaged file often looks like this.",
  },
  INVALID_METADATA: {
    sentence: "The model file's header contradicts itself or lacks something",
    nextStep: "Copy the model again, or convert it anew from its source.",
  },
  INVALID_TENSOR: {
    sentence: "A tensor of the model file is missing or malformed",
    nextStep: "Copy the model again, or convert it anew from its source.",
  },
  UNSUPPORTED_ARCHITECTURE: {
    sentence: "The model's architecture is not supported",
    nextStep: "Use a model of a supported architecture; the README of @resona/native-embed lists them.",
  },
  UNSUPPORTED_TOKENIZER: {
    sentence: "The model's tokenizer is not supported",
    nextStep: "Use a model of a supported architecture and tokenizer; the README of @resona/native-embed lists them.",
  },
  UNSUPPORTED_TENSOR_TYPE: {
    sentence: "The model's weights are stored in a format that is not supported",
    nextStep: "Use a version of the model in F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K or Q6_K.",
  },
  POOLING_UNKNOWN: {
    sentence: "The model file does not say how the vectors of its tokens become one vector",
    nextStep: 'Give `pooling`, "mean", "cls" or "last", as the model\'s card says; a wrong one gives poor results.',
  },
  OUT_OF_MEMORY: {
    sentence: "The memory for the model cannot be had",
    nextStep: "Use a smaller or more quantised model, fewer `threads`, or a smaller `maxTokens`.",
  },
  KERNELS_UNAVAILABLE: {
    sentence: "Transformer models cannot be run in this process",
    nextStep: "They need WebAssembly with SIMD: run a current Node.js, without --jitless.",
  },
  NOT_FINITE: {
    sentence: "The model computed numbers that are not finite",
    nextStep: "Copy the model again, or use another version of it; its weights are damaged or overflow.",
  },
  EMBED_WORKER_FAILED: {
    sentence: "A thread that computes vectors ended twice at the same texts",
    nextStep: "Try again; if it happens again, please report it with the model's name and the cause.",
  },
  INVALID_OPTION: {
    sentence: "An option of createEmbedder is out of its bounds",
    nextStep: "Correct the option, or leave it out for its default.",
  },
  EMBEDDER_CLOSED: {
    sentence: "The embedder was closed",
    nextStep: "Create another one with createEmbedder.",
  },
} as const;

/** The closed union of codes. Adding one is a minor version, changing what one means is a major one. */
export type NativeEmbedErrorCode = keyof typeof catalogue;

/** All that this package throws on purpose, apart from the reason of an AbortSignal. */
export class NativeEmbedError extends Error {
  readonly code: NativeEmbedErrorCode;
  /** What the user can do about it, one sentence. */
  readonly nextStep: string;

  constructor(code: NativeEmbedErrorCode, message: string, nextStep: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "NativeEmbedError";
    this.code = code;
    this.nextStep = nextStep;
  }
}

/** Builds the error of a code: which file (or other source) it is about, and the particulars, without a full stop. */
export function nativeEmbedError(
  code: NativeEmbedErrorCode,
  source: string,
  detail?: string,
  cause?: unknown,
): NativeEmbedError {
  const { sentence, nextStep } = catalogue[code];
  const message = detail === undefined ? `${sentence}: ${source}.` : `${sentence}: ${source}: ${detail}.`;
  return new NativeEmbedError(code, message, nextStep, cause);
}
