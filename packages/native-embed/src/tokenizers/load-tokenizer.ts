import { nativeEmbedError } from "../errors.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { requiredText } from "../gguf/metadata.ts";
import { GPT2, loadBytePairEncoding, preTokenizerOf } from "./byte-pair-encoding.ts";
import type { Tokenizer } from "./tokenizer.ts";
import { loadUnigram, T5 } from "./unigram.ts";
import { BERT, loadWordPiece } from "./word-piece.ts";

interface TokenizerKind {
  readonly load: (source: ByteSource, header: GgufHeader) => Promise<Tokenizer>;
  /** Throws what the header alone shows to be unsupported. */
  readonly check?: (header: GgufHeader) => void;
}

/** Every supported `tokenizer.ggml.model` of transformer models. */
const tokenizers: Readonly<Record<string, TokenizerKind>> = {
  [BERT]: { load: loadWordPiece },
  [GPT2]: { load: loadBytePairEncoding, check: preTokenizerOf },
  [T5]: { load: loadUnigram },
};

/**
 * Loads the tokenizer that the header describes, reading 64 KiB at a time; other work of the process gets its turn
 * between the reads. Of a vocabulary only its user-defined tokens enter the JavaScript heap.
 *
 * A text that spells a special token, such as "[CLS]" or "</s>", is text like any other: what a document says must
 * not steer the model. llama.cpp's embeddings do the same unless asked otherwise.
 *
 * Rejects with `UNSUPPORTED_TOKENIZER`, `INVALID_METADATA`, `LIMIT_EXCEEDED`, or what the source's `read` rejects with.
 */
export async function loadTokenizer(source: ByteSource, header: GgufHeader): Promise<Tokenizer> {
  return kindOf(header).load(source, header);
}

/** Throws `UNSUPPORTED_TOKENIZER` or `INVALID_METADATA` for a tokenizer that the header shows not to be supported. */
export function checkTokenizer(header: GgufHeader): void {
  kindOf(header).check?.(header);
}

function kindOf(header: GgufHeader): TokenizerKind {
  const name = requiredText(header, "tokenizer.ggml.model");
  const kind = Object.hasOwn(tokenizers, name) ? tokenizers[name] : undefined;
  if (kind === undefined) {
    const supported = Object.keys(tokenizers).join(", ");
    throw nativeEmbedError("UNSUPPORTED_TOKENIZER", header.name, `it is "${name}"; supported: ${supported}`);
  }
  return kind;
}
