import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import { readTokenTable } from "./read-token-table.ts";
import { TokenCollector } from "./token-collector.ts";
import { flag, readTokenTypes, requiredTokenId } from "./token-metadata.ts";
import { CONTINUES, emptyHash, ENDS, extendHash, TokenTable } from "./token-table.ts";
import type { Encoding, Tokenizer } from "./tokenizer.ts";
import { splitAtTokens, userDefinedTokens } from "./user-defined-tokens.ts";
import type { UserDefinedToken } from "./user-defined-tokens.ts";
import { MAX_CHARACTER_BYTES, writeUtf8 } from "./utf8.ts";
import { NOTHING, PART, SPACE, WordPieceCharacters } from "./word-piece-characters.ts";
import type { WordPieceNormalizer } from "./word-piece-characters.ts";

/** `tokenizer.ggml.model` of the files that this tokenizer is for. */
export const BERT = "bert";

/**
 * Rejects with `INVALID_METADATA`, `LIMIT_EXCEEDED`, or what the source's `read` rejects with.
 */
export async function loadWordPiece(source: ByteSource, header: GgufHeader): Promise<Tokenizer> {
  const types = await readTokenTypes(source, header);
  const table = await readTokenTable(source, header);
  const { size } = table;
  const lowercase = flag(header, "tokenizer.ggml.normalizer.lowercase", true);
  return new WordPiece(
    table,
    userDefinedTokens(header, table, types),
    { lowercase, stripAccents: flag(header, "tokenizer.ggml.normalizer.strip_accents", lowercase) },
    {
      // llama.cpp adds both whatever `add_bos_token` and its like say; so must we, to give the same vectors.
      opening: requiredTokenId(header, ["tokenizer.ggml.bos_token_id", "tokenizer.ggml.cls_token_id"], size, 101),
      closing: requiredTokenId(header, ["tokenizer.ggml.seperator_token_id"], size, 102),
      unknown: requiredTokenId(header, ["tokenizer.ggml.unknown_token_id"], size, 100),
    },
  );
}

interface WordPieceTokens {
  readonly opening: number;
  readonly closing: number;
  /** In place of a word that cannot be cut into tokens. */
  readonly unknown: number;
}

/**
 * BERT's tokenizer, as llama.cpp has it. Accents are stripped and letters lower-cased; words end at white space, and
 * every punctuation mark, ASCII symbol and Chinese character is a word of its own. A word is written with U+2581 in
 * front, as the vocabulary has those tokens that begin a word, and cut from the left into the longest tokens there
 * are. When anything of it is left over, the whole word becomes one unknown token.
 */
class WordPiece implements Tokenizer {
  readonly #table: TokenTable;
  readonly #userDefined: readonly UserDefinedToken[];
  readonly #characters: WordPieceCharacters;
  readonly #special: WordPieceTokens;
  readonly #tokens = new TokenCollector();
  /** UTF-8 of the word that is being read, after the bytes of U+2581. */
  readonly #word = new GrowingBytes();

  constructor(
    table: TokenTable,
    userDefined: readonly UserDefinedToken[],
    normalizer: WordPieceNormalizer,
    special: WordPieceTokens,
  ) {
    this.#table = table;
    this.#userDefined = userDefined;
    this.#characters = new WordPieceCharacters(normalizer);
    this.#special = special;
  }

  get size(): number {
    return this.#table.size;
  }

  get byteLength(): number {
    return this.#table.byteLength + this.#characters.byteLength + this.#word.bytes.byteLength;
  }

  encode(text: string, limit: number): Encoding {
    this.#tokens.start(limit, this.#special.opening);
    splitAtTokens(
      text.toWellFormed(),
      this.#userDefined,
      (part) => this.#addText(part),
      (token) => this.#tokens.add(token),
    );
    return this.#tokens.finish(this.#special.closing);
  }

  #addText(text: string): void {
    const word = this.#word;
    this.#startWord();
    for (let at = 0; at < text.length; at++) {
      const codePoint = text.codePointAt(at)!;
      if (codePoint > 0xff_ff) at++;
      const character = this.#characters.get(codePoint);
      const role = character & 3;
      if (role === NOTHING) continue;
      if (role !== PART) this.#endWord();
      if (role === SPACE) continue;
      word.reserve(MAX_CHARACTER_BYTES);
      word.length = writeUtf8(character >>> 2, word.bytes, word.length);
      if (role !== PART) this.#endWord();
    }
    this.#endWord();
  }

  #startWord(): void {
    this.#word.clear();
    for (const byte of wordStart) this.#word.bytes[this.#word.length++] = byte;
  }

  /** Adds the tokens of the word, unless it has no characters. */
  #endWord(): void {
    const { bytes, length } = this.#word;
    if (length === wordStart.length) return;
    const before = this.#tokens.count;
    for (let start = 0; start < length;) {
      const end = this.#addLongest(bytes, start, length);
      if (end === start) {
        this.#tokens.rewind(before);
        this.#tokens.add(this.#special.unknown);
        break;
      }
      start = end;
    }
    this.#startWord();
  }

  /** Adds the longest token that bytes[start, end) begin with; its end, or `start` when there is none. */
  #addLongest(bytes: Uint8Array, start: number, end: number): number {
    const table = this.#table;
    let longest = -1;
    let longestEnd = start;
    let hash = emptyHash;
    for (let at = start; at < end;) {
      hash = extendHash(hash, bytes[at++]!);
      const hint = table.hint(hash);
      if ((hint & ENDS) !== 0) {
        const token = table.find(bytes, start, at, hash);
        if (token >= 0) {
          longest = token;
          longestEnd = at;
        }
      }
      if ((hint & CONTINUES) === 0) break;
    }
    if (longest >= 0) this.#tokens.add(longest);
    return longestEnd;
  }
}

/** U+2581. */
const wordStart: readonly number[] = [0xe2, 0x96, 0x81];
