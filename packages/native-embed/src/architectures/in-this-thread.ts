import { WorkSlices } from "../work-slices.ts";
import type { EmbedOptions, ModelInput, ModelOutput, SynchronousModel, TextModel } from "./text-model.ts";

/** A quick model as one like any other: its work is done on the calling thread, a slice at a time. */
export function inThisThread(model: SynchronousModel): TextModel {
  return {
    architecture: model.architecture,
    dimension: model.dimension,
    maxTokens: Number.POSITIVE_INFINITY,
    threads: 0,
    crashes: 0,
    embed: (inputs, options) => embedSliced(model, inputs, options),
    countTokens: ({ prefix, context, text }) => model.countTokens(prefix + text) + model.countTokens(context),
    memory: () => model.memory(),
    async close() {},
  };
}

async function embedSliced(
  model: SynchronousModel,
  inputs: readonly ModelInput[],
  { signal }: EmbedOptions = {},
): Promise<ModelOutput[]> {
  const slices = new WorkSlices(signal);
  const outputs: ModelOutput[] = [];
  for (const { prefix, context, text } of inputs) {
    await slices.next(prefix.length + context.length + text.length);
    const before = model.tokensSeen;
    const vector = model.embed(prefix + text, context);
    outputs.push({ vector, tokens: model.tokensSeen - before, isTruncated: false });
  }
  return outputs;
}
