import { nativeEmbedError } from "../errors.ts";
import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { limits } from "../gguf/limits.ts";
import { requiredInteger, requiredText, requiredWeight, requireValue } from "../gguf/metadata.ts";
import { blockFormats } from "../quantization/block-formats.ts";
import { addRow, loadQ8Table } from "../quantization/q8-table.ts";
import type { Q8Table } from "../quantization/q8-table.ts";
import { IDENTIFIER_WORDPIECE, IdentifierWordpiece } from "../tokenizers/identifier-wordpiece.ts";
import { readVocabulary } from "../tokenizers/read-vocabulary.ts";
import type { Vocabulary } from "../tokenizers/vocabulary.ts";
import { TermBag } from "./term-bag.ts";
import type { ModelMemory, SynchronousModel } from "./text-model.ts";

/** `general.architecture` of the files that this is for. */
export const STATIC_EMBEDDING = "static-embedding";

/**
 * One vector per token; a text is the bag of its tokens, and its vector their weighted sum, made to length 1:
 *
 *     vector = L2( Σ_text (1 + ln count) · row  +  path_weight · Σ_context (1 + ln count) · row )
 *
 * Text and context are counted apart. A query has no context.
 *
 * Rejects with `INVALID_METADATA`, `INVALID_TENSOR`, `UNSUPPORTED_TOKENIZER`, `UNSUPPORTED_TENSOR_TYPE`,
 * `LIMIT_EXCEEDED`, or what the source's `read` rejects with.
 */
export async function loadStaticEmbedding(source: ByteSource, header: GgufHeader): Promise<SynchronousModel> {
  const tokenizer = requiredText(header, "tokenizer.ggml.model");
  if (tokenizer !== IDENTIFIER_WORDPIECE) {
    throw nativeEmbedError("UNSUPPORTED_TOKENIZER", header.name, `it is "${tokenizer}", not "${IDENTIFIER_WORDPIECE}"`);
  }
  const smallestRow = blockFormats.Q8_0.elements;
  const dimension = requiredInteger(header, "static-embedding.embedding_length", smallestRow, limits.embeddingLength);
  const vocabularySize = requiredInteger(header, "static-embedding.vocab_size", 1, limits.vocabularyTokens);
  requireValue(header, "static-embedding.term_weighting", "log");
  requireValue(header, "static-embedding.normalize", true);
  const contextWeight = requiredWeight(header, "static-embedding.path_weight");

  const tensor = header.tensors.get("token_embd.weight");
  if (tensor === undefined) throw nativeEmbedError("INVALID_TENSOR", header.name, `there is no "token_embd.weight"`);
  const table = await loadQ8Table(source, tensor, vocabularySize, dimension);
  const vocabulary = await readVocabulary(source, header);
  if (vocabulary.size !== vocabularySize) {
    throw nativeEmbedError(
      "INVALID_METADATA",
      header.name,
      `"static-embedding.vocab_size" is ${vocabularySize}, and there are ${vocabulary.size} tokens`,
    );
  }
  return new StaticEmbedding(table, vocabulary, contextWeight);
}

class StaticEmbedding implements SynchronousModel {
  readonly architecture = STATIC_EMBEDDING;
  readonly dimension: number;
  readonly #table: Q8Table;
  readonly #vocabulary: Vocabulary;
  readonly #tokenizer: IdentifierWordpiece;
  readonly #contextWeight: number;
  readonly #bag: TermBag;
  /** [dimension] in double precision: hundreds of rows are added up. */
  readonly #sum: Float64Array;
  #tokensSeen = 0;

  constructor(table: Q8Table, vocabulary: Vocabulary, contextWeight: number) {
    this.dimension = table.width;
    this.#table = table;
    this.#vocabulary = vocabulary;
    this.#tokenizer = new IdentifierWordpiece(vocabulary);
    this.#contextWeight = contextWeight;
    this.#bag = new TermBag(table.rows);
    this.#sum = new Float64Array(table.width);
  }

  get tokensSeen(): number {
    return this.#tokensSeen;
  }

  embed(text: string, context: string): Float32Array {
    this.#sum.fill(0);
    this.#addBag(text, 1);
    this.#addBag(context, this.#contextWeight);
    return unitVector(this.#sum);
  }

  countTokens(text: string): number {
    let tokens = 0;
    this.#tokenizer.tokenize(text, { add: () => tokens++ });
    return tokens;
  }

  memory(): ModelMemory {
    return {
      weights: this.#table.quants.byteLength + this.#table.scales.byteLength,
      vocabulary: this.#vocabulary.byteLength,
      scratch: this.#bag.byteLength + this.#sum.byteLength,
    };
  }

  #addBag(text: string, weight: number): void {
    this.#tokenizer.tokenize(text, this.#bag);
    this.#bag.drain((token, count) => {
      this.#tokensSeen += count;
      addRow(this.#table, token, weight * (1 + Math.log(count)), this.#sum);
    });
  }
}

/** sum / |sum|, or zeros when there is nothing to scale. */
function unitVector(sum: Float64Array): Float32Array {
  let squares = 0;
  for (const value of sum) squares += value * value;
  const scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
  const vector = new Float32Array(sum.length);
  for (let j = 0; j < sum.length; j++) vector[j] = sum[j]! * scale;
  return vector;
}
