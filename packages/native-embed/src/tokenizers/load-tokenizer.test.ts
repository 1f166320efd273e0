import {
  bpeVocabulary,
  precompiledCharsmap,
  unigramVocabulary,
  wordPieceVocabulary,
  writeGguf,
} from "@resona/test-models";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { NativeEmbedError } from "../errors.ts";
import { memorySource } from "../gguf/byte-source.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import { limits } from "../gguf/limits.ts";
import { readGgufHeader } from "../gguf/read-gguf-header.ts";
import { loadTokenizer } from "./load-tokenizer.ts";
import {
  bytePairValues,
  count,
  flag,
  ids,
  loadFrom,
  loadFromBytes,
  numbers,
  text,
  texts,
  tokenizerFile,
  unigramValues,
  wordPieceValues,
} from "./tokenizer-file.test-helper.ts";
import type { TokenizerValues } from "./tokenizer-file.test-helper.ts";

async function problemOf(values: TokenizerValues): Promise<string> {
  const error: unknown = await loadFrom(values).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(NativeEmbedError);
  const { code, message } = error as NativeEmbedError;
  return `${code} ${message}`;
}

const wordPiece = wordPieceValues(["▁a", "b"]);
const bytePair = bytePairValues(["a", "b"], ["a b"]);
const unigram = unigramValues([["▁a", -1]]);

describe("a file that is not supported", () => {
  it.each(["llama", "rwkv", "whitespace", "constructor", ""])("is refused with tokenizer %j", async (model) => {
    expect(await problemOf({ ...wordPiece, model: text(model) })).toBe(
      `UNSUPPORTED_TOKENIZER The model's tokenizer is not supported: memory: it is "${model}"; supported: bert, gpt2, t5.`,
    );
  });

  it.each(["llama-bpe", "qwen2", "jina-v2-zh", "toString"])("is refused with pre-tokenizer %j", async (pre) => {
    const problem = await problemOf({ ...bytePair, pre: text(pre) });
    expect(problem).toContain("UNSUPPORTED_TOKENIZER");
    expect(problem).toContain(`its pre-tokenizer is "${pre}"`);
  });
});

describe("a file that contradicts itself", () => {
  it.each<[why: string, values: TokenizerValues, key: string]>([
    ["no tokenizer", { ...wordPiece, model: undefined }, "tokenizer.ggml.model"],
    ["a tokenizer that is a number", { ...wordPiece, model: count(1) }, "tokenizer.ggml.model"],
    ["no tokens", { ...wordPiece, tokens: undefined }, "tokenizer.ggml.tokens"],
    ["tokens that are numbers", { ...wordPiece, tokens: numbers("int32", [1]) }, "tokenizer.ggml.tokens"],
    ["an empty vocabulary", { ...wordPiece, tokens: texts([]) }, "tokenizer.ggml.tokens"],
    ["a token twice", wordPieceValues(["▁a", "▁a"]), "tokenizer.ggml.tokens"],
    ["too few types", { ...wordPiece, token_type: numbers("int32", [1]) }, "tokenizer.ggml.token_type"],
    ["types that are texts", { ...wordPiece, token_type: texts(["1"]) }, "tokenizer.ggml.token_type"],
    [
      "types that are fractions",
      { ...unigram, token_type: numbers("float32", [3, 3, 2, 1]) },
      "tokenizer.ggml.token_type",
    ],
    ["an unknown token that is none", { ...wordPiece, unknown_token_id: count(6) }, "tokenizer.ggml.unknown_token_id"],
    [
      "an unknown token that is a text",
      { ...wordPiece, unknown_token_id: text("1") },
      "tokenizer.ggml.unknown_token_id",
    ],
    ["no unknown token", { ...wordPiece, unknown_token_id: undefined }, "tokenizer.ggml.unknown_token_id"],
    ["no opening token", { ...wordPiece, bos_token_id: undefined }, "tokenizer.ggml.bos_token_id"],
    ["no closing token", { ...wordPiece, seperator_token_id: undefined }, "tokenizer.ggml.seperator_token_id"],
    [
      "a rule that is a number",
      { ...wordPiece, "normalizer.lowercase": count(1) },
      "tokenizer.ggml.normalizer.lowercase",
    ],
    ["no merges", { ...bytePair, merges: undefined }, "tokenizer.ggml.merges"],
    ["merges that are numbers", { ...bytePair, merges: numbers("int32", [1]) }, "tokenizer.ggml.merges"],
    ["a merge of one", { ...bytePair, merges: texts(["ab"]) }, "tokenizer.ggml.merges"],
    ["a merge of nothing", { ...bytePair, merges: texts([""]) }, "tokenizer.ggml.merges"],
    ["a merge that begins with a space", { ...bytePair, merges: texts([" a"]) }, "tokenizer.ggml.merges"],
    ["a merge that ends with a space", { ...bytePair, merges: texts(["a "]) }, "tokenizer.ggml.merges"],
    ["a merge of unknown tokens", { ...bytePair, merges: texts(["x y"]) }, "tokenizer.ggml.merges"],
    ["a merge into an unknown token", { ...bytePair, merges: texts(["b a"]) }, "tokenizer.ggml.merges"],
    ["a pre-tokenizer that is a number", { ...bytePair, pre: count(1) }, "tokenizer.ggml.pre"],
    ["an opening token that is none", { ...bytePair, bos_token_id: count(5) }, "tokenizer.ggml.bos_token_id"],
    ["no opening token where one is added", { ...bytePair, bos_token_id: undefined }, "tokenizer.ggml.bos_token_id"],
    ["no scores", { ...unigram, scores: undefined }, "tokenizer.ggml.scores"],
    ["too many scores", { ...unigram, scores: numbers("float32", [0, 0, 0, 0, 0]) }, "tokenizer.ggml.scores"],
    ["scores that are integers", { ...unigram, scores: numbers("int32", [0, 0, 0, 0]) }, "tokenizer.ggml.scores"],
    ["an infinite score", { ...unigram, scores: numbers("float32", [0, 0, 0, -Infinity]) }, "tokenizer.ggml.scores"],
    ["a score that is no number", { ...unigram, scores: numbers("float32", [0, 0, 0, NaN]) }, "tokenizer.ggml.scores"],
    ["no types for scores", { ...unigram, token_type: undefined }, "tokenizer.ggml.token_type"],
    ["no normal token", { ...unigram, token_type: numbers("int32", [3, 3, 2, 3]) }, "tokenizer.ggml.token_type"],
    ["no unigram unknown token", unigramUnknown(4), "tokenizer.ggml.unknown_token_id"],
    ["an opening token that is not named", { ...unigram, bos_token_id: undefined }, "tokenizer.ggml.bos_token_id"],
  ])("is refused: %s", async (_, values, key) => {
    const problem = await problemOf(values);
    expect(problem).toContain("INVALID_METADATA");
    expect(problem).toContain(`"${key}"`);
  });

  function unigramUnknown(id: number): TokenizerValues {
    return { ...unigram, unknown_token_id: count(id) };
  }
});

describe("a broken table of replacements", () => {
  const table = precompiledCharsmap(new Map([["ab", "c"]]));

  it.each<[why: string, bytes: readonly number[]]>([
    ["nothing", []],
    ["three bytes", [0, 0, 0]],
    ["no trie", [0, 0, 0, 0, 0]],
    ["a trie beyond its end", [255, 255, 255, 255, 0, 0, 0, 0, 0]],
    ["a trie of odd size", [3, 0, 0, 0, 0, 0, 0, 0]],
    ["no texts", [...table.subarray(0, -2)]],
    ["a text that does not end", [...table.subarray(0, -1)]],
    ["a text that is too long", [...table, ...Array.from({ length: 129 }, () => 97), 0]],
    ["a key that leads nowhere", [4, 0, 0, 0, 0, 1, 255, 127, 0]],
    ["a leaf that points nowhere", leafAt(1_000)],
  ])("is refused: %s", async (_, bytes) => {
    const problem = await problemOf({ ...unigram, precompiled_charsmap: numbers("uint8", bytes) });
    expect(problem).toContain("INVALID_METADATA");
    expect(problem).toContain('"tokenizer.ggml.precompiled_charsmap"');
  });

  it("is refused when it is no array of bytes", async () => {
    expect(await problemOf({ ...unigram, precompiled_charsmap: texts(["a"]) })).toContain("INVALID_METADATA");
    expect(await problemOf({ ...unigram, precompiled_charsmap: text("a") })).toContain("INVALID_METADATA");
  });

  /** The table with the position of its only text changed. */
  function leafAt(position: number): number[] {
    const changed = Buffer.from(table);
    for (let at = 4; at < changed.length - 4; at += 4) {
      if (changed.readUInt32LE(at) >= 0x80_00_00_00) changed.writeUInt32LE(0x80_00_00_00 + position, at);
    }
    return [...changed];
  }
});

describe("a file beyond the limits", () => {
  it("is refused for a token that is too long", async () => {
    const long = "x".repeat(limits.tokenBytes + 1);
    expect(await problemOf(wordPieceValues([long]))).toContain("LIMIT_EXCEEDED");
    expect(await problemOf({ ...bytePair, merges: texts([`${long} ${long}`]) })).toContain("LIMIT_EXCEEDED");
  });

  it("is refused for tokens that are made to collide", async () => {
    expect(await problemOf(wordPieceValues(collidingTexts(300)))).toContain("LIMIT_EXCEEDED");
  });

  it("is refused for too many user-defined tokens", async () => {
    const tokens = Array.from({ length: limits.userDefinedTokens + 1 }, (_, i) => `<${i}>`);
    const types = numbers("int32", [3, 2, 3, 3, ...tokens.map(() => 4)]);
    expect(await problemOf(wordPieceValues(tokens, { token_type: types }))).toContain("LIMIT_EXCEEDED");
  });

  /** Texts whose hashes have the same low bits; found by trying. */
  function collidingTexts(many: number): string[] {
    const found: string[] = [];
    for (let i = 0; found.length < many; i++) {
      const candidate = i.toString(36);
      let hash = 0x81_1c_9d_c5 | 0;
      for (let j = 0; j < candidate.length; j++) hash = Math.imul(hash ^ candidate.charCodeAt(j), 0x01_00_01_93);
      hash = Math.imul(hash ^ (hash >>> 15), 0x85_eb_ca_6b | 0);
      if (((hash ^ (hash >>> 13)) & 2_047) === 5) found.push(candidate);
    }
    return found;
  }
});

describe("a file that changes while it is read", () => {
  async function problemAfter(change: (bytes: Buffer) => ByteSource): Promise<string> {
    const bytes = tokenizerFile(wordPiece);
    const header = await readGgufHeader(memorySource(bytes));
    const error: unknown = await loadTokenizer(change(bytes), header).catch((reason: unknown) => reason);
    return error instanceof NativeEmbedError ? error.code : String(error);
  }

  it("is refused when it has become shorter", async () => {
    expect(await problemAfter((bytes) => memorySource(bytes.subarray(0, 150)))).toBe("TRUNCATED");
  });

  it("is refused when its texts have become longer", async () => {
    const lengthen = (bytes: Buffer): ByteSource => {
      bytes.writeBigUInt64LE(20n, bytes.indexOf("[UNK]") - 8);
      return memorySource(bytes);
    };
    expect(await problemAfter(lengthen)).toMatch(/INVALID_METADATA|LIMIT_EXCEEDED|TRUNCATED/);
  });
});

describe("default tokens", () => {
  const letters = Array.from({ length: 110 }, (_, i) => `t${i}`);

  it("are those of bert-base-uncased for WordPiece", async () => {
    const unsaid = { unknown_token_id: undefined, bos_token_id: undefined, seperator_token_id: undefined };
    expect(ids(await loadFrom(wordPieceValues(letters, unsaid)), "?")).toEqual([101, 100, 102]);
  });

  it("take the class token for the opening one where that is not named", async () => {
    const classToken = { bos_token_id: undefined, cls_token_id: count(7) };
    expect(ids(await loadFrom(wordPieceValues(letters, classToken)), "")).toEqual([7, 3]);
  });

  it("are always added for WordPiece, as llama.cpp does", async () => {
    const none = { add_bos_token: flag(false), add_eos_token: flag(false), add_sep_token: flag(false) };
    expect(ids(await loadFrom(wordPieceValues(letters, none)), "")).toEqual([2, 3]);
  });
});

describe.each([
  ["WordPiece", wordPieceVocabulary(2_000, 1)],
  ["byte-pair encoding", bpeVocabulary(1_500, 2)],
  ["unigram", unigramVocabulary(3_000, 3)],
])("any text with %s", (_, { tokens, metadata }) => {
  const loaded = loadFromBytes(writeGguf({ metadata }));
  const anyText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.array(fc.integer({ min: 0, max: 0xff_ff }), { maxLength: 100 }).map((units) => String.fromCharCode(...units)),
    fc
      .array(fc.oneof(fc.constantFrom(...tokens), fc.constantFrom(" ", "\ud800", "\udfff", "\0")), { maxLength: 40 })
      .map((parts) => parts.join("").replaceAll("▁", " ")),
  );

  it("gives ids within the vocabulary, and as many as it says", async () => {
    const tokenizer = await loaded;
    expect(tokenizer.size).toBe(tokens.length);
    fc.assert(
      fc.property(anyText, (input) => {
        const encoding = tokenizer.encode(input, 1_000_000);
        expect(encoding.ids).toHaveLength(encoding.tokens);
        expect(encoding.ids.every((id) => id >= 0 && id < tokens.length)).toBe(true);
        expect(tokenizer.encode(input.toWellFormed(), 1_000_000)).toEqual(encoding);
      }),
      { numRuns: 500 },
    );
  });

  it("is cut at the limit, before the closing token", async () => {
    const tokenizer = await loaded;
    const closing = tokenizer.encode("", 8).ids.at(-1)!;
    fc.assert(
      fc.property(anyText, fc.integer({ min: 8, max: 60 }), (input, limit) => {
        const all = [...tokenizer.encode(input, 1_000_000).ids];
        const cut = tokenizer.encode(input, limit);
        expect(cut.tokens).toBe(all.length);
        expect([...cut.ids]).toEqual(all.length <= limit ? all : [...all.slice(0, limit - 1), closing]);
      }),
      { numRuns: 500 },
    );
  });

  it("is independent of the texts before it", async () => {
    const tokenizer = await loaded;
    fc.assert(
      fc.property(anyText, anyText, (first, second) => {
        const alone = tokenizer.encode(second, 512);
        tokenizer.encode(first, 8);
        expect(tokenizer.encode(second, 512)).toEqual(alone);
      }),
      { numRuns: 200 },
    );
  });
});

describe.each([
  ["WordPiece", wordPieceValues(["▁a", "b", "<x>", "▁ab"], { token_type: numbers("int32", [3, 2, 3, 3, 1, 1, 4, 1]) })],
  [
    "byte-pair encoding",
    bytePairValues(["a", "b", "Ġ"], ["a b", "Ġ ab"], { token_type: numbers("int32", [3, 3, 1, 1, 1, 1, 4]) }),
  ],
  [
    "unigram",
    unigramValues(
      [
        ["▁a", -1],
        ["b", -2],
        ["<x>", -3],
      ],
      {
        token_type: numbers("int32", [3, 3, 2, 1, 1, 4]),
        precompiled_charsmap: numbers("uint8", [
          ...precompiledCharsmap(
            new Map([
              ["ab", "b"],
              ["é", "a b"],
            ]),
          ),
        ]),
      },
    ),
  ],
])("a damaged file with %s", (_, values) => {
  const file = tokenizerFile(values);

  it("is refused with a coded error, or gives a tokenizer that works", async () => {
    const damage = fc.array(fc.tuple(fc.nat(file.length - 1), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = Buffer.from(file);
        for (const [at, value] of changes) bytes[at] = value;
        expect(await outcomeOf(bytes)).toMatch(/^(coded|works)$/);
      }),
      { numRuns: 1_500 },
    );
  });

  it("is refused with a coded error when it is cut off anywhere", async () => {
    // What is cut off at the very end may be no more than padding.
    for (let length = 0; length < file.length - 32; length += 7) {
      expect(await outcomeOf(file.subarray(0, length))).toBe("coded");
    }
  });

  async function outcomeOf(bytes: Uint8Array): Promise<string> {
    try {
      const tokenizer = await loadFromBytes(bytes);
      const inputs = ["ab <x>é abab", "é".repeat(50), "\0\ud800 [CLS]"];
      const found = inputs.flatMap((input) => [...tokenizer.encode(input, 8).ids]);
      return found.every((id) => id >= 0 && id < tokenizer.size) ? "works" : `tokens ${found.join()}`;
    } catch (error) {
      return error instanceof NativeEmbedError ? "coded" : String(error);
    }
  }
});
