import { openFileSource, untilAborted } from "./gguf/byte-source.ts";
import { hashSource } from "./gguf/hash-source.ts";

/**
 * SHA-256 of a model's file, hexadecimal: the `modelId` of an embedder that is made of it.
 * Rejects with `MODEL_NOT_FOUND` or `MODEL_NOT_READABLE`, or with the signal's reason when it is aborted.
 */
export async function hashModelFile(path: string, signal?: AbortSignal): Promise<string> {
  const file = await openFileSource(path);
  try {
    return await hashSource(untilAborted(file, signal));
  } finally {
    await file.close();
  }
}
