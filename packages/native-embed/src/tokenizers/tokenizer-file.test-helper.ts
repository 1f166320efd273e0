import { writeGguf } from "@resona/test-models";
import type { WrittenEntry, WrittenValue } from "@resona/test-models";

import { memorySource } from "../gguf/byte-source.ts";
import { readGgufHeader } from "../gguf/read-gguf-header.ts";
import { loadTokenizer } from "./load-tokenizer.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** Values of a file by the names of their keys after `tokenizer.ggml.`; what is undefined is left out. */
export type TokenizerValues = Readonly<Record<string, WrittenValue | undefined>>;

export function tokenizerFile(values: TokenizerValues): Buffer {
  const metadata: WrittenEntry[] = [];
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) metadata.push([`tokenizer.ggml.${name}`, value]);
  }
  return writeGguf({ metadata });
}

export async function loadFrom(values: TokenizerValues): Promise<Tokenizer> {
  return loadFromBytes(tokenizerFile(values));
}

export async function loadFromBytes(bytes: Uint8Array): Promise<Tokenizer> {
  const source = memorySource(bytes);
  return loadTokenizer(source, await readGgufHeader(source));
}

export function ids(tokenizer: Tokenizer, input: string, limit = 1_000_000): number[] {
  return [...tokenizer.encode(input, limit).ids];
}

export function text(value: string): WrittenValue {
  return { type: "string", value };
}

export function count(value: number): WrittenValue {
  return { type: "uint32", value };
}

export function flag(value: boolean): WrittenValue {
  return { type: "bool", value };
}

export function texts(values: readonly string[]): WrittenValue {
  return { type: "array", elementType: "string", elements: values.map(text) };
}

export function numbers(elementType: "int32" | "float32" | "uint8", values: readonly number[]): WrittenValue {
  return { type: "array", elementType, elements: values.map((value) => ({ type: elementType, value })) };
}

/** [PAD] is 0, [UNK] 1, [CLS] 2, [SEP] 3. */
export function wordPieceValues(tokens: readonly string[], more: TokenizerValues = {}): TokenizerValues {
  return {
    model: text("bert"),
    tokens: texts(["[PAD]", "[UNK]", "[CLS]", "[SEP]", ...tokens]),
    unknown_token_id: count(1),
    bos_token_id: count(2),
    seperator_token_id: count(3),
    ...more,
  };
}

/** `<s>` is 0, `</s>` 1, then come `symbols` and what they merge into. A merge is two tokens with a space between. */
export function bytePairValues(
  symbols: readonly string[],
  merges: readonly string[],
  more: TokenizerValues = {},
): TokenizerValues {
  const tokens = new Set(["<s>", "</s>", ...symbols, ...merges.map((merge) => merge.replace(" ", ""))]);
  return {
    model: text("gpt2"),
    pre: text("gpt-2"),
    tokens: texts([...tokens]),
    merges: texts(merges),
    bos_token_id: count(0),
    eos_token_id: count(1),
    add_bos_token: flag(true),
    add_eos_token: flag(true),
    ...more,
  };
}

/** `<s>` is 0, `</s>` 1, `<unk>` 2; the other tokens come with their scores. */
export function unigramValues(
  pieces: readonly (readonly [token: string, score: number])[],
  more: TokenizerValues = {},
): TokenizerValues {
  return {
    model: text("t5"),
    tokens: texts(["<s>", "</s>", "<unk>", ...pieces.map(([token]) => token)]),
    scores: numbers("float32", [0, 0, 0, ...pieces.map(([, score]) => score)]),
    token_type: numbers("int32", [3, 3, 2, ...pieces.map(() => 1)]),
    bos_token_id: count(0),
    eos_token_id: count(1),
    unknown_token_id: count(2),
    add_bos_token: flag(true),
    add_eos_token: flag(true),
    add_space_prefix: flag(true),
    remove_extra_whitespaces: flag(true),
    ...more,
  };
}
