import type { ModelOptions, TextModel } from "../architectures/text-model.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { requiredText } from "../gguf/metadata.ts";
import { loadTokenizer } from "../tokenizers/load-tokenizer.ts";
import { loadTransformer } from "../transformer/load-transformer.ts";
import { startEmbedWorker } from "./start-embed-worker.ts";
import { createThreadedModel } from "./threaded-model.ts";

/**
 * A transformer: its tokenizer and its weights are loaded here, its threads start with the first text.
 * Rejects with what `loadTokenizer` and `loadTransformer` reject with.
 */
export async function loadThreadedModel(
  source: ByteSource,
  header: GgufHeader,
  options: ModelOptions,
): Promise<TextModel> {
  const tokenizer = await loadTokenizer(source, header);
  const { setup, memory, ...transformer } = await loadTransformer(source, header, options);
  return createThreadedModel({
    ...transformer,
    architecture: requiredText(header, "general.architecture"),
    name: header.name,
    tokenizer,
    memory: { ...memory, vocabulary: tokenizer.byteLength },
    startWorker: (region) => startEmbedWorker(setup, region),
  });
}
