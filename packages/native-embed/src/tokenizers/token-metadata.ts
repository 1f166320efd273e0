import { nativeEmbedError } from "../errors.ts";
import { ByteCursor } from "../gguf/byte-cursor.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufArray, GgufHeader, GgufValueType } from "../gguf/gguf-header.ts";
import { limits } from "../gguf/limits.ts";
import { requiredTexts } from "../gguf/metadata.ts";

export const TOKENS_KEY = "tokenizer.ggml.tokens";
export const TYPES_KEY = "tokenizer.ggml.token_type";
const SCORES_KEY = "tokenizer.ggml.scores";

/** What `tokenizer.ggml.token_type` says of a token. */
export const tokenTypes: {
  readonly undefined: 0;
  readonly normal: 1;
  readonly unknown: 2;
  readonly control: 3;
  readonly userDefined: 4;
  readonly unused: 5;
  readonly byte: 6;
} = { undefined: 0, normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 };

/** The type of every token, or undefined where the file does not say. Numbers that mean nothing become `undefined`. */
export async function readTokenTypes(source: ByteSource, header: GgufHeader): Promise<Uint8Array | undefined> {
  if (!header.metadata.has(TYPES_KEY)) return undefined;
  const array = perToken(header, TYPES_KEY, ["int32"]);
  const types = new Uint8Array(array.length);
  const cursor = new ByteCursor(source, array.position);
  for (let token = 0; token < types.length; token++) {
    if (!cursor.has(4)) await cursor.fill(4);
    const type = cursor.i32();
    types[token] = type >= 0 && type <= tokenTypes.byte ? type : tokenTypes.undefined;
  }
  return types;
}

/** The score of every token, finite. */
export async function readTokenScores(source: ByteSource, header: GgufHeader): Promise<Float32Array> {
  const array = perToken(header, SCORES_KEY, ["float32"]);
  const scores = new Float32Array(array.length);
  const cursor = new ByteCursor(source, array.position);
  for (let token = 0; token < scores.length; token++) {
    if (!cursor.has(4)) await cursor.fill(4);
    const score = cursor.f32();
    if (!Number.isFinite(score)) throw invalid(header, SCORES_KEY, `is ${score} for token ${token}`);
    scores[token] = score;
  }
  return scores;
}

/** Whether to do something: the value of `key`, or `otherwise` without one. Throws `INVALID_METADATA`. */
export function flag(header: GgufHeader, key: string, otherwise: boolean): boolean {
  const value = header.metadata.get(key) ?? otherwise;
  if (typeof value !== "boolean") throw invalid(header, key, "is neither true nor false");
  return value;
}

/**
 * The token that the first of `keys` in the file names, or else `otherwise`, llama.cpp's default.
 * Throws `INVALID_METADATA` when there is no such token.
 */
export function requiredTokenId(
  header: GgufHeader,
  keys: readonly [string, ...string[]],
  size: number,
  otherwise?: number,
): number {
  const key = keys.find((candidate) => header.metadata.has(candidate));
  const id = key === undefined ? otherwise : header.metadata.get(key);
  if (typeof id === "number" && Number.isInteger(id) && id >= 0 && id < size) return id;
  throw key === undefined
    ? invalid(header, keys[0], "is missing")
    : invalid(header, key, `is none of the ${size} tokens`);
}

export function invalid(header: GgufHeader, key: string, detail: string): Error {
  return nativeEmbedError("INVALID_METADATA", header.name, `"${key}" ${detail}`);
}

export function excessive(header: GgufHeader, key: string, detail: string): Error {
  return nativeEmbedError("LIMIT_EXCEEDED", header.name, `"${key}" has ${detail}`);
}

/** An array with one number for each token. Throws `INVALID_METADATA`, or `LIMIT_EXCEEDED`. */
function perToken(header: GgufHeader, key: string, types: readonly GgufValueType[]): GgufArray {
  const tokens = tokensArray(header).length;
  const array = numbersArray(header, key, types);
  if (array.length !== tokens)
    throw invalid(header, key, `has ${array.length} elements, and there are ${tokens} tokens`);
  return array;
}

export function numbersArray(header: GgufHeader, key: string, types: readonly GgufValueType[]): GgufArray {
  const value = header.metadata.get(key);
  if (typeof value !== "object" || value.kind !== "array" || !types.includes(value.elementType)) {
    throw invalid(
      header,
      key,
      `is ${value === undefined ? "missing" : "not"}; it must be an array of ${types.join(" or ")}`,
    );
  }
  return value;
}

/** The tokens' place in the file; not empty, and within the limits. Throws `INVALID_METADATA`, or `LIMIT_EXCEEDED`. */
export function tokensArray(header: GgufHeader): GgufArray {
  const array = requiredTexts(header, TOKENS_KEY);
  const bytes = textBytes(array);
  if (array.length === 0) throw invalid(header, TOKENS_KEY, "is empty");
  if (array.length > limits.vocabularyTokens) {
    throw excessive(header, TOKENS_KEY, `${array.length} tokens, more than ${limits.vocabularyTokens}`);
  }
  if (bytes > limits.vocabularyBytes) {
    throw excessive(header, TOKENS_KEY, `${bytes} bytes, more than ${limits.vocabularyBytes}`);
  }
  return array;
}

/** Bytes of the texts of an array, their lengths left out. */
export function textBytes(array: GgufArray): number {
  return array.byteLength - array.length * 8;
}
