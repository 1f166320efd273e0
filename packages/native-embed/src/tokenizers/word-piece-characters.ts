import {
  characterClasses,
  CODE_POINTS,
  CONTROL,
  MARK,
  PUNCTUATION,
  SYMBOL,
  UNASSIGNED,
  WHITESPACE,
} from "./character-classes.ts";

export interface WordPieceNormalizer {
  readonly lowercase: boolean;
  readonly stripAccents: boolean;
}

/** What a character is to WordPiece: a part of a word, */
export const PART = 0;
/** a word of its own, */
const WORD = 1;
/** the end of the word before it, */
export const SPACE = 2;
/** or nothing. */
export const NOTHING = 3;

/**
 * What becomes of each character, as one number: its role in the low two bits, above them the code point that it
 * is replaced by. Worked out for 256 characters at a time, when the first of them is met.
 */
export class WordPieceCharacters {
  readonly #normalizer: WordPieceNormalizer;
  readonly #classes = characterClasses();
  readonly #pages: (Uint32Array | undefined)[] = Array.from({ length: CODE_POINTS / PAGE });
  #filled = 0;

  constructor(normalizer: WordPieceNormalizer) {
    this.#normalizer = normalizer;
  }

  get byteLength(): number {
    return this.#filled * PAGE * Uint32Array.BYTES_PER_ELEMENT;
  }

  get(codePoint: number): number {
    const page = this.#pages[codePoint >>> PAGE_BITS] ?? this.#fill(codePoint >>> PAGE_BITS);
    return page[codePoint & (PAGE - 1)]!;
  }

  #fill(index: number): Uint32Array {
    const page = new Uint32Array(PAGE);
    for (let i = 0; i < PAGE; i++) page[i] = this.#describe(index * PAGE + i);
    this.#pages[index] = page;
    this.#filled++;
    return page;
  }

  #describe(codePoint: number): number {
    const { lowercase, stripAccents } = this.#normalizer;
    const base = stripAccents ? this.#firstOfDecomposition(codePoint) : codePoint;
    const kind = this.#classes[base]!;
    if (kind === WHITESPACE) return SPACE;
    if (base === 0 || base === REPLACEMENT_CHARACTER || kind === CONTROL) return NOTHING;
    if (stripAccents && kind === MARK) return NOTHING;
    const alone = kind === PUNCTUATION || (kind === SYMBOL && base < 0x7f) || isChinese(base);
    return ((lowercase ? this.#lowercase(base) : base) << 2) | (alone ? WORD : PART);
  }

  /**
   * The first character of the canonical decomposition; the others are accents in all scripts but Hangul. There
   * llama.cpp drops the vowels of a syllable too, and so do all embeddings made with it.
   */
  #firstOfDecomposition(codePoint: number): number {
    // Decompositions are never changed, but characters that are new since Unicode 15.1 might have one.
    if (this.#classes[codePoint] === UNASSIGNED) return codePoint;
    return String.fromCodePoint(codePoint).normalize("NFD").codePointAt(0)!;
  }

  #lowercase(codePoint: number): number {
    if (this.#classes[codePoint] === UNASSIGNED) return codePoint;
    return String.fromCodePoint(codePoint).toLowerCase().codePointAt(0)!;
  }
}

const PAGE_BITS = 8;
const PAGE = 256;
const REPLACEMENT_CHARACTER = 0xff_fd;

/** The blocks that BERT's original tokenizer takes for Chinese; with a gap where Hugging Face's has one. */
function isChinese(codePoint: number): boolean {
  return chineseBlocks.some(([first, last]) => codePoint >= first && codePoint <= last);
}

const chineseBlocks: readonly (readonly [first: number, last: number])[] = [
  [0x4e_00, 0x9f_ff],
  [0x34_00, 0x4d_bf],
  [0x2_00_00, 0x2_a6_df],
  [0x2_a7_00, 0x2_b7_3f],
  [0x2_b7_40, 0x2_b8_1f],
  [0x2_b9_20, 0x2_ce_af],
  [0xf9_00, 0xfa_ff],
  [0x2_f8_00, 0x2_fa_1f],
];
