import type { EmbedOptions, ModelInput, ModelMemory, ModelOutput, TextModel } from "../architectures/text-model.ts";
import { nativeEmbedError } from "../errors.ts";
import type { Encoding, Tokenizer } from "../tokenizers/tokenizer.ts";
import { WorkSlices } from "../work-slices.ts";
import { EmbedPool } from "./embed-pool.ts";
import type { EmbedPoolOptions } from "./embed-pool.ts";
import { packSequences } from "./pack-sequences.ts";
import type { PackedSequences } from "./protocol.ts";

export interface ThreadedModelOptions extends EmbedPoolOptions {
  readonly architecture: string;
  readonly tokenizer: Pick<Tokenizer, "encode">;
  /** Numbers in a vector. */
  readonly dimension: number;
  /** Most tokens of a text. */
  readonly maxTokens: number;
  /** Most tokens of one forward pass, at least `maxTokens`. */
  readonly batchTokens: number;
  readonly memory: ModelMemory;
}

/** A model whose texts are made into tokens here and into vectors in threads. */
export function createThreadedModel(options: ThreadedModelOptions): TextModel {
  const { architecture, tokenizer, dimension, maxTokens, batchTokens, memory, threads } = options;
  const pool = new EmbedPool(options);

  async function embed(
    inputs: readonly ModelInput[],
    { signal, urgent = false }: EmbedOptions = {},
  ): Promise<ModelOutput[]> {
    const slices = new WorkSlices(signal);
    const encoded: Encoding[] = [];
    for (const input of inputs) {
      const text = wholeText(input);
      await slices.next(text.length);
      encoded.push(tokenizer.encode(text, maxTokens));
    }
    // A text without any token has no vector to make.
    const sequences = encoded.flatMap(({ ids }) => (ids.length > 0 ? [ids] : []));
    const vectors = vectorsOf(await runAll(packSequences(sequences, { threads, batchTokens }), { signal, urgent }));
    return encoded.map(({ ids, tokens }) => ({
      vector: ids.length > 0 ? vectors.next().value! : new Float32Array(dimension),
      tokens: ids.length,
      isTruncated: tokens > ids.length,
    }));
  }

  /** When one job fails the others are of no use. */
  async function runAll(jobs: readonly PackedSequences[], { signal, urgent = false }: EmbedOptions) {
    const failing = new AbortController();
    const either = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal;
    try {
      return await Promise.all(jobs.map((job) => pool.run(job, { signal: either, urgent })));
    } catch (error) {
      failing.abort(error);
      throw error;
    }
  }

  /** A buffer for each vector, so that keeping one does not keep its whole job. */
  function* vectorsOf(results: readonly Float32Array[]): Generator<Float32Array, undefined> {
    for (const vectors of results) {
      for (let at = 0; at < vectors.length; at += dimension) {
        if (Number.isNaN(vectors[at])) throw nativeEmbedError("NOT_FINITE", options.name);
        yield vectors.slice(at, at + dimension);
      }
    }
  }

  return {
    architecture,
    dimension,
    maxTokens,
    threads,
    get crashes() {
      return pool.crashes;
    },
    embed,
    countTokens: (input) => tokenizer.encode(wholeText(input), maxTokens).tokens,
    memory: () => memory,
    close: () => pool.close(),
  };
}

/** What the model reads: the context is a line of its own before the text. */
function wholeText({ prefix, context, text }: ModelInput): string {
  return context === "" ? prefix + text : `${prefix}${context}\n${text}`;
}
