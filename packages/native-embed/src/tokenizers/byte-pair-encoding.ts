import { nativeEmbedError } from "../errors.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { limits } from "../gguf/limits.ts";
import { requiredTexts } from "../gguf/metadata.ts";
import { MergeTable } from "./merge-table.ts";
import { PieceMerger } from "./piece-merger.ts";
import { splitByDefault, splitLikeGpt2 } from "./pre-tokenizers.ts";
import type { PreTokenizer } from "./pre-tokenizers.ts";
import { readTokenTable } from "./read-token-table.ts";
import { streamTexts } from "./stream-texts.ts";
import { TokenCollector } from "./token-collector.ts";
import { excessive, flag, invalid, readTokenTypes, requiredTokenId } from "./token-metadata.ts";
import { hashOf, TokenTable } from "./token-table.ts";
import type { Encoding, Tokenizer } from "./tokenizer.ts";
import { splitAtTokens, userDefinedTokens } from "./user-defined-tokens.ts";
import type { UserDefinedToken } from "./user-defined-tokens.ts";
import { MAX_CHARACTER_BYTES, writeUtf8 } from "./utf8.ts";

/** `tokenizer.ggml.model` of the files that this tokenizer is for. */
export const GPT2 = "gpt2";

/** The values of `tokenizer.ggml.pre` that embedding models have with this tokenizer. */
const preTokenizers: Readonly<Record<string, PreTokenizer>> = {
  default: splitByDefault,
  "gpt-2": splitLikeGpt2,
  "jina-de": splitLikeGpt2,
  "jina-es": splitLikeGpt2,
  "jina-v1-en": splitLikeGpt2,
  "jina-v2-code": splitLikeGpt2,
  "jina-v2-de": splitLikeGpt2,
  "jina-v2-es": splitLikeGpt2,
  "modern-bert": splitLikeGpt2,
  "roberta-bpe": splitLikeGpt2,
};

const PRE_KEY = "tokenizer.ggml.pre";
const MERGES_KEY = "tokenizer.ggml.merges";

/**
 * Rejects with `INVALID_METADATA`, `LIMIT_EXCEEDED`, `UNSUPPORTED_TOKENIZER`, or what the source's `read` rejects with.
 */
export async function loadBytePairEncoding(source: ByteSource, header: GgufHeader): Promise<Tokenizer> {
  const preTokenizer = preTokenizerOf(header);
  const types = await readTokenTypes(source, header);
  const table = await readTokenTable(source, header);
  const merges = await readMerges(source, header, table);
  const { size } = table;
  const special = (id: string, add: string): number | undefined =>
    flag(header, add, false) ? requiredTokenId(header, [id], size, LLAMA_DEFAULT_TOKEN) : undefined;
  return new BytePairEncoding(
    table,
    merges,
    preTokenizer,
    userDefinedTokens(header, table, types),
    special("tokenizer.ggml.bos_token_id", "tokenizer.ggml.add_bos_token"),
    special("tokenizer.ggml.eos_token_id", "tokenizer.ggml.add_eos_token"),
  );
}

/** llama.cpp's beginning and end of text for this tokenizer where the file names none. */
const LLAMA_DEFAULT_TOKEN = 11;

/** What the header's `tokenizer.ggml.pre` stands for. Throws `UNSUPPORTED_TOKENIZER` or `INVALID_METADATA`. */
export function preTokenizerOf(header: GgufHeader): PreTokenizer {
  const name = header.metadata.get(PRE_KEY) ?? "default";
  if (typeof name !== "string") throw invalid(header, PRE_KEY, "is not a text");
  const preTokenizer = Object.hasOwn(preTokenizers, name) ? preTokenizers[name] : undefined;
  if (preTokenizer === undefined) {
    const supported = Object.keys(preTokenizers).join(", ");
    throw nativeEmbedError(
      "UNSUPPORTED_TOKENIZER",
      header.name,
      `its pre-tokenizer is "${name}"; supported with "${GPT2}": ${supported}`,
    );
  }
  return preTokenizer;
}

async function readMerges(source: ByteSource, header: GgufHeader, table: TokenTable): Promise<MergeTable> {
  const array = requiredTexts(header, MERGES_KEY);
  if (array.length > limits.merges) {
    throw excessive(header, MERGES_KEY, `${array.length} merges, more than ${limits.merges}`);
  }
  const merges = new MergeTable(array.length);
  const joined = new Uint8Array(limits.tokenBytes * 2 + 1);
  const tokenAt = (bytes: Uint8Array, start: number, end: number): number =>
    table.find(bytes, start, end, hashOf(bytes, start, end));
  await streamTexts(source, header, MERGES_KEY, array, joined.length, (merge, rank) => {
    // A space within a token is written as U+0120, so that the only one is that between the two.
    const space = merge.indexOf(SPACE, 1);
    if (space < 0) throw invalid(header, MERGES_KEY, `has no pair of tokens for merge ${rank}`);
    joined.set(merge.subarray(0, space));
    joined.set(merge.subarray(space + 1), space);
    const left = tokenAt(merge, 0, space);
    const right = tokenAt(merge, space + 1, merge.length);
    const result = tokenAt(joined, 0, merge.length - 1);
    if (left < 0 || right < 0 || result < 0) {
      throw invalid(header, MERGES_KEY, `names a token that is not in the vocabulary, in merge ${rank}`);
    }
    if (!merges.add(left, right, result)) throw excessive(header, MERGES_KEY, "too many merges whose hashes collide");
  });
  return merges;
}

const SPACE = 0x20;

/**
 * GPT-2's byte-level byte-pair encoding, as llama.cpp has it. A piece of text begins as the tokens of its UTF-8
 * bytes; then, over and over, the two neighbours that merge first by the model's list are merged, the leftmost of
 * equals. A byte that has no token is dropped.
 */
class BytePairEncoding implements Tokenizer {
  readonly #table: TokenTable;
  readonly #merger: PieceMerger;
  readonly #split: PreTokenizer;
  readonly #userDefined: readonly UserDefinedToken[];
  readonly #opening: number | undefined;
  readonly #closing: number | undefined;
  readonly #tokens = new TokenCollector();

  constructor(
    table: TokenTable,
    merges: MergeTable,
    split: PreTokenizer,
    userDefined: readonly UserDefinedToken[],
    opening: number | undefined,
    closing: number | undefined,
  ) {
    this.#table = table;
    this.#merger = new PieceMerger(merges, byteTokens(table));
    this.#split = split;
    this.#userDefined = userDefined;
    this.#opening = opening;
    this.#closing = closing;
  }

  get size(): number {
    return this.#table.size;
  }

  get byteLength(): number {
    return this.#table.byteLength + this.#merger.byteLength;
  }

  encode(text: string, limit: number): Encoding {
    this.#tokens.start(limit, this.#opening);
    splitAtTokens(
      text.toWellFormed(),
      this.#userDefined,
      (part) => {
        this.#split(part, 0, part.length, (start, end) => this.#merger.tokenize(part, start, end, this.#tokens));
      },
      (token) => this.#tokens.add(token),
    );
    return this.#tokens.finish(this.#closing);
  }
}

/** The token of every byte, -1 where there is none. In a vocabulary, bytes are written as printable characters. */
function byteTokens(table: TokenTable): Int32Array {
  const tokens = new Int32Array(256);
  const name = new Uint8Array(MAX_CHARACTER_BYTES);
  let unprintable = 0;
  for (let byte = 0; byte < tokens.length; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    const bytes = writeUtf8(printable ? byte : 256 + unprintable++, name, 0);
    tokens[byte] = table.find(name, 0, bytes, hashOf(name, 0, bytes));
  }
  return tokens;
}
