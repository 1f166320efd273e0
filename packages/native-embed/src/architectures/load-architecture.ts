import { nativeEmbedError } from "../errors.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { requiredText } from "../gguf/metadata.ts";
import { loadThreadedModel } from "../workers/load-threaded-model.ts";
import { encoderArchitectures } from "./encoder-architectures.ts";
import { inThisThread } from "./in-this-thread.ts";
import { loadStaticEmbedding, STATIC_EMBEDDING } from "./static-embedding.ts";
import type { ModelOptions, TextModel } from "./text-model.ts";

type LoadModel = (source: ByteSource, header: GgufHeader, options: ModelOptions) => Promise<TextModel>;

/** Every supported `general.architecture` with its loader. */
const architectures: Readonly<Record<string, LoadModel>> = {
  [STATIC_EMBEDDING]: async (source, header) => inThisThread(await loadStaticEmbedding(source, header)),
  ...Object.fromEntries(Object.keys(encoderArchitectures).map((name) => [name, loadThreadedModel])),
};

/** Loads what the header says the file is. Rejects with `UNSUPPORTED_ARCHITECTURE` or what the loader rejects with. */
export async function loadArchitecture(
  source: ByteSource,
  header: GgufHeader,
  options: ModelOptions,
): Promise<TextModel> {
  return architectures[supportedArchitecture(header)]!(source, header, options);
}

/** `general.architecture`. Throws `UNSUPPORTED_ARCHITECTURE` when it is none that can be loaded. */
export function supportedArchitecture(header: GgufHeader): string {
  const name = requiredText(header, "general.architecture");
  if (Object.hasOwn(architectures, name)) return name;
  const supported = Object.keys(architectures).join(", ");
  throw nativeEmbedError("UNSUPPORTED_ARCHITECTURE", header.name, `it is "${name}"; supported: ${supported}`);
}
