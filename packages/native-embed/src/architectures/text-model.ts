import type { MemoryReport } from "../transformer/memory-monitor.ts";

/** How the vectors of a text's tokens become the text's: their mean, or the first's (`cls`), or the last's. */
export const poolings: readonly ["mean", "cls", "last"] = ["mean", "cls", "last"];

export type Pooling = (typeof poolings)[number];

/** What a model is loaded with. Architectures ignore what they have no use for. */
export interface ModelOptions {
  /** Threads for forward passes. */
  readonly threads: number;
  /** Texts are cut off after so many tokens, or fewer if the model cannot take as many. */
  readonly maxTokens?: number | undefined;
  /** Instead of what the file says, or does not say. */
  readonly pooling?: Pooling | undefined;
  /** Ends the loading with its reason once it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/** A text to embed, in the parts that architectures treat differently. */
export interface ModelInput {
  /** What the model was trained to find before texts of this kind. */
  readonly prefix: string;
  /** Words about where the text stands. */
  readonly context: string;
  readonly text: string;
}

export interface ModelOutput {
  /** [dimension], of length 1, or all zero when the model knows nothing of the text. */
  readonly vector: Float32Array;
  /** Tokens that the vector is made of. */
  readonly tokens: number;
  /** Whether the text was longer than the model reads. */
  readonly isTruncated: boolean;
}

export interface EmbedOptions {
  readonly signal?: AbortSignal | undefined;
  /** Whether it goes before what waits: somebody is waiting for this one. */
  readonly urgent?: boolean;
}

/** A loaded model, whatever its architecture and wherever it does its work. */
export interface TextModel {
  /** `general.architecture` */
  readonly architecture: string;
  /** Numbers in a vector. */
  readonly dimension: number;
  /** Most tokens of a text, special ones included; `Infinity` if all of any text is read. */
  readonly maxTokens: number;
  /** Threads that it may use beside the calling one. */
  readonly threads: number;
  /** Threads that ended by themselves and were replaced so far. */
  readonly crashes: number;
  /**
   * One output for each input, in order. Other work of the process gets its turn meanwhile.
   * Rejects with the reason of `signal` once it is aborted, with `EMBED_WORKER_FAILED`, and after `close`.
   */
  embed(inputs: readonly ModelInput[], options?: EmbedOptions): Promise<ModelOutput[]>;
  /** Tokens of a text as the model is given it, special ones included, before anything is cut off. */
  countTokens(input: ModelInput): number;
  memory(): ModelMemory;
  /** Ends its threads. May be repeated. */
  close(): Promise<void>;
}

/** What a loaded model holds, in bytes. */
export interface ModelMemory {
  readonly weights: number;
  readonly vocabulary: number;
  /** Work space, the same for every text. Of a transformer it is address space: only what texts use takes memory. */
  readonly scratch: number;
  /** What loading the weights of a transformer read and allocated. */
  readonly loading?: MemoryReport;
}

/** A model that is quick enough to be run where it is called. Calls leave nothing behind but their result. */
export interface SynchronousModel {
  /** `general.architecture` */
  readonly architecture: string;
  /** Numbers in a vector. */
  readonly dimension: number;
  /** Tokens of all texts that were embedded so far. */
  readonly tokensSeen: number;
  /**
   * The vector of a text; `context` is words about where it stands, "" for a question.
   * [dimension], of length 1, or all zero when the model knows nothing of the text.
   */
  embed(text: string, context: string): Float32Array;
  countTokens(text: string): number;
  memory(): ModelMemory;
}
