import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { limits } from "../gguf/limits.ts";
import { streamTexts } from "./stream-texts.ts";
import { excessive, invalid, textBytes, TOKENS_KEY, tokensArray } from "./token-metadata.ts";
import { TokenTable } from "./token-table.ts";

/**
 * Streams `tokenizer.ggml.tokens` into a table; token n is the n-th of the array. Tokens that are empty or `hidden`
 * are not found in a text.
 * Rejects with `INVALID_METADATA`, `LIMIT_EXCEEDED`, or what the source's `read` rejects with.
 */
export async function readTokenTable(
  source: ByteSource,
  header: GgufHeader,
  hidden: (id: number) => boolean = () => false,
): Promise<TokenTable> {
  const array = tokensArray(header);
  const table = new TokenTable(array.length, textBytes(array));
  await streamTexts(source, header, TOKENS_KEY, array, limits.tokenBytes, (token, id) => {
    if (token.length === 0 || hidden(id)) {
      table.addHidden(token);
      return;
    }
    const outcome = table.add(token);
    if (outcome === "duplicate") throw invalid(header, TOKENS_KEY, `has token ${id} twice`);
    if (outcome === "degenerate") throw excessive(header, TOKENS_KEY, "too many tokens whose hashes collide");
  });
  return table;
}
