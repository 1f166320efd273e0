import type { GgufHeader } from "../gguf/gguf-header.ts";
import { limits } from "../gguf/limits.ts";
import { excessive, tokenTypes, TYPES_KEY } from "./token-metadata.ts";
import type { TokenTable } from "./token-table.ts";

/** A token that is split off wherever a text spells it, before anything else is done with the text. */
export interface UserDefinedToken {
  readonly id: number;
  readonly text: string;
  readonly bytes: Uint8Array;
}

/**
 * The user-defined tokens of a vocabulary, longest first; the order of equally long ones, which llama.cpp leaves to
 * chance, is that of their ids. Throws `LIMIT_EXCEEDED`.
 */
export function userDefinedTokens(
  header: GgufHeader,
  table: TokenTable,
  types: Uint8Array | undefined,
): readonly UserDefinedToken[] {
  const found: UserDefinedToken[] = [];
  for (const [id, type] of (types ?? []).entries()) {
    if (type !== tokenTypes.userDefined) continue;
    const bytes = table.token(id);
    if (bytes.length === 0) continue;
    if (found.length === limits.userDefinedTokens) {
      throw excessive(header, TYPES_KEY, `more than ${limits.userDefinedTokens} user-defined tokens`);
    }
    found.push({ id, text: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"), bytes });
  }
  return found.toSorted((a, b) => b.bytes.length - a.bytes.length);
}

/**
 * Splits a text at the user-defined tokens, in order: `onText` takes what is between them, never empty.
 *
 * A longer token goes before a shorter one, and of the same token the first occurrence before the next, as in
 * llama.cpp. Control tokens are not among them, see `loadTokenizer`.
 */
export function splitAtTokens(
  text: string,
  tokens: readonly UserDefinedToken[],
  onText: (text: string) => void,
  onToken: (id: number) => void,
  from = 0,
): void {
  let rest = text;
  for (let i = from; i < tokens.length; i++) {
    const token = tokens[i]!;
    for (let match = rest.indexOf(token.text); match >= 0; match = rest.indexOf(token.text)) {
      if (match > 0) splitAtTokens(rest.slice(0, match), tokens, onText, onToken, i + 1);
      onToken(token.id);
      rest = rest.slice(match + token.text.length);
    }
  }
  if (rest.length > 0) onText(rest);
}
