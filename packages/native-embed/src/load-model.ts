import { basename } from "node:path";

import { loadArchitecture } from "./architectures/load-architecture.ts";
import type { ModelOptions, TextModel } from "./architectures/text-model.ts";
import { openFileSource, untilAborted } from "./gguf/byte-source.ts";
import { hashSource } from "./gguf/hash-source.ts";
import { readGgufHeader } from "./gguf/read-gguf-header.ts";
import { taskPrefixes } from "./task-prefixes.ts";
import type { TaskPrefixes } from "./task-prefixes.ts";

export interface LoadedModel {
  /** SHA-256 of the file, hexadecimal. */
  readonly id: string;
  /** `general.name`, or the file's name when it has none. */
  readonly name: string;
  /** What the model was trained to find before texts. */
  readonly prefixes: TaskPrefixes;
  readonly text: TextModel;
}

/**
 * Open, read the header, load by architecture, hash, close.
 * Rejects with any `NativeEmbedError`, or with the reason of the signal.
 */
export async function loadModel(path: string, options: ModelOptions): Promise<LoadedModel> {
  const file = await openFileSource(path);
  try {
    const source = untilAborted(file, options.signal);
    const header = await readGgufHeader(source);
    const text = await loadArchitecture(source, header, options);
    // Until the first text nothing of the model but memory has to be given back.
    const id = await hashSource(source);
    const name = header.metadata.get("general.name");
    return {
      id,
      name: typeof name === "string" && name !== "" ? name : basename(path),
      prefixes: taskPrefixes(header),
      text,
    };
  } finally {
    await file.close();
  }
}
