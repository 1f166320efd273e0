import { availableParallelism } from "node:os";

import { createEmbedder } from "@resona/native-embed";

import type { Embedder, EmbeddingDocument } from "./embedder.ts";
import { toModelError } from "./model-errors.ts";
import type { ModelSource } from "./model-errors.ts";

export interface NativeModel extends ModelSource {
  /** Threads that compute vectors, never more than there are cores; by default one less. */
  readonly threads?: number | undefined;
}

/**
 * A model of `@resona/native-embed`, run in this process and threads of its own.
 *
 * @throws ResonaError MODEL_NOT_FOUND, MODEL_NOT_READABLE, MODEL_UNSUPPORTED, MODEL_POOLING_UNKNOWN, MODEL_INVALID, MODEL_OUT_OF_MEMORY, and
 * from then on MODEL_FAILED; the signal's reason when it is aborted.
 */
export async function createNativeEmbedder(model: NativeModel, signal?: AbortSignal): Promise<Embedder> {
  const { path, pooling } = model;
  const threads = cappedThreads(model.threads, availableParallelism());
  const translated = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw toModelError(error, model);
    }
  };
  const native = await translated(createEmbedder({ model: path, pooling, threads, signal }));
  // Trained with paths; the others take too long to embed all again that was only moved.
  const readsPath = native.architecture === "static-embedding";
  const contextOf = readsPath ? trainedContext : enclosingNames;
  return {
    modelId: native.modelId,
    modelName: native.name,
    dimension: native.dimension,
    readsPath,
    maxTokens: native.maxTokens,
    embedDocuments(documents, batchSignal) {
      const texts = documents.map((document) => ({ text: document.text, context: contextOf(document) }));
      return translated(native.embedDocuments(texts, batchSignal));
    },
    embedQuery: (query, querySignal) => translated(native.embedQuery(query, querySignal)),
    statistics: () => ({ ...native.statistics(), oversizedDocuments: 0 }),
    close: () => native.close(),
  };
}

/** More threads than cores get nothing done sooner, and each takes memory. */
export function cappedThreads(threads: number | undefined, cores: number): number | undefined {
  return threads === undefined ? undefined : Math.min(threads, cores);
}

/**
 * The built-in model was trained with the file's name twice and its last three directories as a document's context. The
 * names around the chunk are added, because a piece of a long definition does not say itself whose it is.
 */
function trainedContext({ path, scope }: EmbeddingDocument): string {
  const directories = path.split("/");
  const name = (directories.pop() ?? "").replace(/(?<=.)\.[^.]*$/, "");
  return [name, name, ...directories.slice(-3), ...scope].join(" ");
}

/** Transformers read a first line as a reader does: in what the text stands. */
function enclosingNames({ scope }: EmbeddingDocument): string {
  return scope.join(" ");
}
