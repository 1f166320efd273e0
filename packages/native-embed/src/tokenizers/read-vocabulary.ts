import { nativeEmbedError } from "../errors.ts";
import { ByteCursor } from "../gguf/byte-cursor.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { limits } from "../gguf/limits.ts";
import { requiredTexts } from "../gguf/metadata.ts";
import { Vocabulary } from "./vocabulary.ts";

const TOKENS_KEY = "tokenizer.ggml.tokens";

/**
 * Streams `tokenizer.ggml.tokens` into a vocabulary; token n is the n-th of the array.
 * Rejects with `INVALID_METADATA`, `LIMIT_EXCEEDED`, or what the source's `read` rejects with.
 */
export async function readVocabulary(source: ByteSource, header: GgufHeader): Promise<Vocabulary> {
  const { length, position, byteLength } = requiredTexts(header, TOKENS_KEY);
  const textBytes = byteLength - length * 8;
  const excess = (detail: string): Error =>
    nativeEmbedError("LIMIT_EXCEEDED", source.name, `"${TOKENS_KEY}" has ${detail}`);
  if (length > limits.vocabularyTokens) throw excess(`${length} tokens, more than ${limits.vocabularyTokens}`);
  if (textBytes > limits.vocabularyBytes) throw excess(`${textBytes} bytes, more than ${limits.vocabularyBytes}`);
  // UTF-8 never has fewer bytes than UTF-16 has units, broken sequences included.
  const vocabulary = new Vocabulary(length, textBytes);
  const cursor = new ByteCursor(source, position);
  for (let token = 0; token < length; token++) {
    if (!cursor.has(8)) await cursor.fill(8);
    const bytes = cursor.length();
    if (bytes > limits.tokenBytes) throw excess(`a token of ${bytes} bytes, more than ${limits.tokenBytes}`);
    if (!cursor.has(bytes)) await cursor.fill(bytes);
    if (!vocabulary.add(cursor.text(bytes))) throw excess("too many tokens whose hashes collide");
  }
  return vocabulary;
}
