import { nativeEmbedError } from "../errors.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { requiredText } from "../gguf/metadata.ts";
import { loadStaticEmbedding, STATIC_EMBEDDING } from "./static-embedding.ts";
import type { TextModel } from "./text-model.ts";

/** Every supported `general.architecture` with its loader. */
const architectures: Readonly<Record<string, (source: ByteSource, header: GgufHeader) => Promise<TextModel>>> = {
  [STATIC_EMBEDDING]: loadStaticEmbedding,
};

/** Loads what the header says the file is. Rejects with `UNSUPPORTED_ARCHITECTURE` or what the loader rejects with. */
export async function loadArchitecture(source: ByteSource, header: GgufHeader): Promise<TextModel> {
  const name = requiredText(header, "general.architecture");
  const load = Object.hasOwn(architectures, name) ? architectures[name] : undefined;
  if (load === undefined) {
    const supported = Object.keys(architectures).join(", ");
    throw nativeEmbedError("UNSUPPORTED_ARCHITECTURE", header.name, `it is "${name}"; supported: ${supported}`);
  }
  return load(source, header);
}
