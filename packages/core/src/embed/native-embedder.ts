import { NativeEmbedError, createEmbedder } from "@resona/native-embed";

import { resonaError } from "../errors.ts";
import type { Embedder, EmbeddingDocument } from "./embedder.ts";

/**
 * The model that ships with Resona, run in this process.
 *
 * @throws ResonaError MODEL_INVALID when its file is missing or damaged.
 */
export async function createNativeEmbedder(): Promise<Embedder> {
  const native = await createEmbedder().catch((error: unknown) => {
    if (error instanceof NativeEmbedError) throw resonaError("MODEL_INVALID", { detail: error.message }, error);
    throw error;
  });
  return {
    modelId: native.modelId,
    dimension: native.dimension,
    embedDocuments: (documents, signal) =>
      native.embedDocuments(
        documents.map((document) => ({ text: document.text, context: contextOf(document) })),
        signal,
      ),
    embedQuery: (query) => native.embedQuery(query),
    close: () => native.close(),
  };
}

/**
 * The model was trained with the file's name twice and its last three directories as a document's context. The names
 * around the chunk are added, because a piece of a long definition does not say itself whose it is.
 */
function contextOf({ path, scope }: EmbeddingDocument): string {
  const directories = path.split("/");
  const name = (directories.pop() ?? "").replace(/(?<=.)\.[^.]*$/, "");
  return [name, name, ...directories.slice(-3), ...scope].join(" ");
}
