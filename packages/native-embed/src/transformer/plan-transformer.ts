import { encoderArchitectures } from "../architectures/encoder-architectures.ts";
import type { ModelOptions } from "../architectures/text-model.ts";
import { nativeEmbedError } from "../errors.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { limits } from "../gguf/limits.ts";
import { requiredText, requiredTexts } from "../gguf/metadata.ts";
import { READS_AHEAD } from "../gguf/read-ahead.ts";
import type { CompiledKernels } from "../kernels/compile-kernels.ts";
import { bindKernels, STACK_BYTES } from "../kernels/kernels.ts";
import type { KernelFunctions } from "../kernels/kernels.ts";
import { allocateMemory, MAX_PAGES, PAGE_BYTES } from "../kernels/webassembly.ts";
import type { WasmModule } from "../kernels/webassembly.ts";
import { readHyperParameters } from "./hyper-parameters.ts";
import type { EncoderWeights, TransformerPlan } from "./transformer-plan.ts";
import { WeightPlacement } from "./weight-placement.ts";
import type { BlockSums, Fill, LoadStep } from "./weight-placement.ts";
import { divideWorkSpace } from "./work-space.ts";

/** Threads are those that may run forwards, each with a work space of its own. */
export type TransformerOptions = Omit<ModelOptions, "signal">;

/** All that is decided before anything but the header is read. */
export interface PlannedTransformer {
  readonly plan: TransformerPlan;
  readonly maxTokens: number;
  /** Threads that there is room for, at most as many as asked for. */
  readonly threads: number;
  readonly steps: readonly LoadStep[];
  readonly fills: readonly Fill[];
  readonly blockSums: readonly BlockSums[];
  /** Bytes of weights in memory. */
  readonly weightBytes: number;
  /** Bytes of address space; of the work spaces, what is not used takes no memory. */
  readonly memoryBytes: number;
}

/** Where loading puts what it reads, before it is repacked: one place for each read that may be under way. */
export const STAGES: readonly number[] = Array.from(
  { length: READS_AHEAD },
  (_, index) => STACK_BYTES + index * limits.windowBytes,
);

const WEIGHTS_START = STACK_BYTES + READS_AHEAD * limits.windowBytes;

/** Texts are run together up to this many tokens, so that short ones share the work of unpacking the weights. */
const BATCH_TOKENS = 512;

/**
 * Checks that a transformer can be loaded and lays it out: every weight, every work space.
 *
 * Throws `UNSUPPORTED_ARCHITECTURE`, `INVALID_METADATA`, `INVALID_TENSOR`, `UNSUPPORTED_TENSOR_TYPE`, `LIMIT_EXCEEDED`,
 * `POOLING_UNKNOWN`, `OUT_OF_MEMORY`.
 */
export function planTransformer(
  header: GgufHeader,
  options: TransformerOptions,
  { module, dot }: CompiledKernels,
): PlannedTransformer {
  const name = requiredText(header, "general.architecture");
  const architecture = encoderArchitectures[name];
  if (architecture === undefined) throw nativeEmbedError("UNSUPPORTED_ARCHITECTURE", header.name, `it is "${name}"`);
  const hyper = readHyperParameters(header, name, options.pooling);
  const maxTokens = Math.min(options.maxTokens ?? hyper.contextLength, hyper.contextLength);

  const placement = new WeightPlacement(header, dot, WEIGHTS_START);
  const weights = architecture.place(placement, hyper, header, maxTokens);
  checkVocabulary(header, weights);

  const regions = placement.end;
  const batchTokens = Math.max(maxTokens, BATCH_TOKENS);
  const hiddenWidth = Math.max(...weights.blocks.map(({ up }) => up.columns));
  const space = divideWorkSpace(regions, batchTokens, hyper, hiddenWidth, sizesOf(module));
  const regionBytes = space.end - regions;
  const threads = Math.min(options.threads, Math.floor((MAX_PAGES * PAGE_BYTES - regions) / regionBytes));
  if (threads < 1) {
    const detail = `it needs ${regions + regionBytes} bytes for texts of ${maxTokens} tokens, and addresses have 32 bits`;
    throw nativeEmbedError("OUT_OF_MEMORY", header.name, detail);
  }
  return {
    plan: { hyper, weights, dot, batchTokens, regions, regionBytes },
    maxTokens,
    threads,
    steps: placement.steps,
    fills: placement.fills,
    blockSums: placement.blockSums,
    weightBytes: regions - WEIGHTS_START,
    memoryBytes: regions + threads * regionBytes,
  };
}

/** What the kernels' work areas take; asked of one instance, because every memory reserves gigabytes of addresses. */
function sizesOf(module: WasmModule): KernelFunctions {
  return (sizes ??= bindKernels(module, allocateMemory(STACK_BYTES), 0));
}

let sizes: KernelFunctions | undefined;

/** A token without a vector, or vectors without tokens, mean that one of the two belongs to another model. */
function checkVocabulary(header: GgufHeader, { tokens }: EncoderWeights): void {
  const { length } = requiredTexts(header, "tokenizer.ggml.tokens");
  if (length !== tokens.rows) {
    const detail = `"token_embd.weight" has ${tokens.rows} rows, and the vocabulary ${length} tokens`;
    throw nativeEmbedError("INVALID_TENSOR", header.name, detail);
  }
}
