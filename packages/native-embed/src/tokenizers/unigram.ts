import type { ByteSource } from "../gguf/byte-source.ts";
import type { GgufHeader } from "../gguf/gguf-header.ts";
import { readCharacterMap } from "./character-map.ts";
import { readTokenTable } from "./read-token-table.ts";
import { TokenCollector } from "./token-collector.ts";
import {
  flag,
  invalid,
  readTokenScores,
  readTokenTypes,
  requiredTokenId,
  tokenTypes,
  TYPES_KEY,
} from "./token-metadata.ts";
import { CONTINUES, emptyHash, ENDS, extendHash, TokenTable } from "./token-table.ts";
import type { Encoding, Tokenizer } from "./tokenizer.ts";
import { UnigramNormalizer } from "./unigram-normalizer.ts";
import { splitAtTokens, userDefinedTokens } from "./user-defined-tokens.ts";
import type { UserDefinedToken } from "./user-defined-tokens.ts";
import { utf8Length } from "./utf8.ts";

/** `tokenizer.ggml.model` of the files that this tokenizer is for. */
export const T5 = "t5";

/** Rejects with `INVALID_METADATA`, `LIMIT_EXCEEDED`, or what the source's `read` rejects with. */
export async function loadUnigram(source: ByteSource, header: GgufHeader): Promise<Tokenizer> {
  const types = await readTokenTypes(source, header);
  // Without it text could spell control tokens.
  if (types === undefined) throw invalid(header, TYPES_KEY, "is missing");
  const table = await readTokenTable(source, header, (id) => !foundInText.has(types[id]!));
  const scores = await readTokenScores(source, header);
  const characterMap = await readCharacterMap(source, header);
  const userDefined = userDefinedTokens(header, table, types);
  const rules = {
    addSpacePrefix: flag(header, "tokenizer.ggml.add_space_prefix", false),
    removeExtraWhitespaces: flag(header, "tokenizer.ggml.remove_extra_whitespaces", false),
  };
  const { size } = table;
  const addOpening = flag(header, "tokenizer.ggml.add_bos_token", false);
  const addClosing = flag(header, "tokenizer.ggml.add_eos_token", true);
  const lowest = lowestScore(scores, types);
  if (lowest === undefined) throw invalid(header, TYPES_KEY, "has no normal token");
  // In text, llama.cpp takes user-defined tokens before all others: probabilities are below 1, their logarithms below 0.
  for (const { id } of userDefined) scores[id] = 0;
  return new Unigram({
    table,
    scores,
    userDefined,
    normalizer: new UnigramNormalizer(characterMap, rules, userDefined),
    opening: addOpening ? requiredTokenId(header, ["tokenizer.ggml.bos_token_id"], size) : undefined,
    closing: addClosing ? requiredTokenId(header, ["tokenizer.ggml.eos_token_id"], size, 1) : undefined,
    unknown: requiredTokenId(header, ["tokenizer.ggml.unknown_token_id"], size, 2),
    // In single precision, as llama.cpp reckons.
    unknownScore: Math.fround(lowest - UNKNOWN_PENALTY),
  });
}

const foundInText: ReadonlySet<number> = new Set([tokenTypes.normal, tokenTypes.userDefined, tokenTypes.unused]);

/** How much less likely than the least likely token an unknown character is. */
const UNKNOWN_PENALTY = 10;

function lowestScore(scores: Float32Array, types: Uint8Array): number | undefined {
  let lowest: number | undefined;
  for (const [id, score] of scores.entries()) {
    if (types[id] === tokenTypes.normal && (lowest === undefined || score < lowest)) lowest = score;
  }
  return lowest;
}

interface UnigramModel {
  readonly table: TokenTable;
  /** Logarithms of the tokens' probabilities. */
  readonly scores: Float32Array;
  readonly userDefined: readonly UserDefinedToken[];
  readonly normalizer: UnigramNormalizer;
  readonly opening: number | undefined;
  readonly closing: number | undefined;
  /** In place of characters that no token has. */
  readonly unknown: number;
  readonly unknownScore: number;
}

/**
 * SentencePiece's unigram tokenizer, as llama.cpp has it: of all ways to write a text as tokens the one whose scores
 * add up to the most, found by Viterbi's algorithm. A character that is no token itself may also be unknown; several
 * unknown ones in a row are one token.
 */
class Unigram implements Tokenizer {
  readonly #model: UnigramModel;
  readonly #tokens = new TokenCollector();
  /** Where the stretch that is being searched begins, and the farthest place that a token of it leads to. */
  #stretch = 0;
  #reach = 0;
  /** For every place of the stretch, counted from its beginning: the best score of the text up to there, */
  #best = new Float64Array(INITIAL_PLACES);
  /** the last token of it, */
  #lastToken = new Int32Array(INITIAL_PLACES);
  /** and the place where that token begins. */
  #lastStart = new Int32Array(INITIAL_PLACES);

  constructor(model: UnigramModel) {
    this.#model = model;
  }

  get size(): number {
    return this.#model.table.size;
  }

  get byteLength(): number {
    const { table, scores, normalizer } = this.#model;
    const places = this.#best.byteLength + this.#lastToken.byteLength + this.#lastStart.byteLength;
    return table.byteLength + scores.byteLength + normalizer.byteLength + places;
  }

  encode(text: string, limit: number): Encoding {
    this.#tokens.start(limit, this.#model.opening);
    splitAtTokens(
      text.toWellFormed(),
      this.#model.userDefined,
      (part) => this.#addText(this.#model.normalizer.normalize(part)),
      (token) => this.#tokens.add(token),
    );
    if (this.#best.length > KEPT_PLACES) this.#resize(INITIAL_PLACES);
    return this.#tokens.finish(this.#model.closing);
  }

  /**
   * Where no token reaches over a place, the best way to it is settled, whatever comes after: it is handed on at
   * once. So stretches are words rather than the text, and their places few.
   */
  #addText(bytes: Uint8Array): void {
    const { table, scores, unknown, unknownScore } = this.#model;
    this.#stretch = 0;
    this.#reach = 0;
    this.#best[0] = 0;
    let previous = -1;
    for (let start = 0; start < bytes.length;) {
      if (start === this.#reach && start > this.#stretch) previous = this.#addStretch(start, previous);
      const score = this.#best[start - this.#stretch]!;
      const nextCharacter = Math.min(start + utf8Length(bytes[start]!), bytes.length);
      let isToken = false;
      let hash = emptyHash;
      for (let at = start; at < bytes.length;) {
        hash = extendHash(hash, bytes[at++]!);
        const hint = table.hint(hash);
        if ((hint & ENDS) !== 0) {
          const token = table.find(bytes, start, at, hash);
          if (token >= 0) {
            this.#offer(start, at, token, score + scores[token]!);
            if (at === nextCharacter) isToken = true;
          }
        }
        if ((hint & CONTINUES) === 0) break;
      }
      if (!isToken) this.#offer(start, nextCharacter, unknown, score + unknownScore);
      start = nextCharacter;
    }
    if (bytes.length > this.#stretch) this.#addStretch(bytes.length, previous);
  }

  /** Takes a way that ends with a token from `start` to `end` if it is the best to there so far. */
  #offer(start: number, end: number, token: number, score: number): void {
    const place = end - this.#stretch;
    if (end > this.#reach) {
      if (place >= this.#best.length) this.#resize(Math.max(place + 1, this.#best.length * 2));
      this.#best.fill(-Infinity, this.#reach - this.#stretch + 1, place + 1);
      this.#reach = end;
    }
    if (score > this.#best[place]!) {
      this.#best[place] = score;
      this.#lastToken[place] = token;
      this.#lastStart[place] = start - this.#stretch;
    }
  }

  /**
   * Adds the tokens of the best way to `end`, where the next stretch begins; returns the last of them. `previous` is
   * the token before them.
   */
  #addStretch(end: number, previous: number): number {
    const { unknown } = this.#model;
    const final = end - this.#stretch;
    // Turns the chain of starts around, so that each place leads to the next one.
    let next = final;
    for (let place = final; place > 0;) {
      const start = this.#lastStart[place]!;
      this.#lastStart[place] = next;
      next = place;
      place = start;
    }
    this.#best[0] = this.#best[final]!;
    this.#stretch = end;
    let last = previous;
    for (let place = next; ; place = this.#lastStart[place]!) {
      const token = this.#lastToken[place]!;
      if (token !== unknown || last !== unknown) this.#tokens.add(token);
      last = token;
      if (place === final) return last;
    }
  }

  #resize(places: number): void {
    const best = new Float64Array(places);
    const lastToken = new Int32Array(places);
    const lastStart = new Int32Array(places);
    const kept = Math.min(places, this.#best.length);
    best.set(this.#best.subarray(0, kept));
    lastToken.set(this.#lastToken.subarray(0, kept));
    lastStart.set(this.#lastStart.subarray(0, kept));
    this.#best = best;
    this.#lastToken = lastToken;
    this.#lastStart = lastStart;
  }
}

const INITIAL_PLACES = 256;

/** Room for a longer stretch is given back. */
const KEPT_PLACES = 65_536;
