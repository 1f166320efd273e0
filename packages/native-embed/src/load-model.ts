import { basename } from "node:path";

import { loadArchitecture } from "./architectures/load-architecture.ts";
import type { TextModel } from "./architectures/text-model.ts";
import { openFileSource } from "./gguf/byte-source.ts";
import { hashSource } from "./gguf/hash-source.ts";
import { readGgufHeader } from "./gguf/read-gguf-header.ts";

export interface LoadedModel {
  /** SHA-256 of the file, hexadecimal. */
  readonly id: string;
  /** `general.name`, or the file's name when it has none. */
  readonly name: string;
  readonly text: TextModel;
}

/** Open, hash, read the header, load by architecture, close. Rejects with any `NativeEmbedError`. */
export async function loadModel(path: string): Promise<LoadedModel> {
  const source = await openFileSource(path);
  try {
    const header = await readGgufHeader(source);
    const text = await loadArchitecture(source, header);
    const id = await hashSource(source);
    const name = header.metadata.get("general.name");
    return { id, name: typeof name === "string" && name !== "" ? name : basename(path), text };
  } finally {
    await source.close();
  }
}
