import { seededRandom } from "./model-tensors.ts";
import type { WrittenEntry, WrittenValue } from "./write-gguf.ts";

/** What the tokenizer of a synthetic model is made of. */
export interface TestVocabulary {
  readonly tokens: readonly string[];
  /** `tokenizer.ggml.token_type`. */
  readonly types: readonly number[];
  readonly scores?: readonly number[];
  readonly merges?: readonly string[];
  /** Every `tokenizer.ggml.*` entry of the file, the above included. */
  readonly metadata: readonly WrittenEntry[];
}

const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;

/** U+2581, which stands for a space. */
const SPACE = "\u2581";

/**
 * A WordPiece vocabulary with the layout of bert-base-uncased: [PAD] is 0, [UNK] 100, [CLS] 101, [SEP] 102, [MASK] 103.
 * Then come characters, alone and as parts of words, common words and endings, and made-up words; from 20,000 tokens on
 * also the characters of many scripts. `size` is 400 or more.
 */
export function wordPieceVocabulary(size: number, seed: number): TestVocabulary {
  const random = seededRandom(seed);
  const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
  const found = new Set<string>();
  const add = (token: string): void => void (found.size < size && found.add(token));
  add("[PAD]");
  for (let i = 0; i < 99; i++) add(`[unused${i}]`);
  for (const token of special.slice(1)) add(token);
  const characters = size < 20_000 ? asciiCharacters : [...asciiCharacters, ...scriptCharacters()];
  for (const character of characters) add(character.toLowerCase());
  for (const character of characters) add(`##${character.toLowerCase()}`);
  for (const word of commonWords) add(word);
  for (const ending of commonEndings) add(`##${ending}`);
  while (found.size < size) add(random() < 0.2 ? `##${madeUpWord(random)}` : madeUpWord(random));
  const words = [...found];
  const types = words.map((word) => (special.includes(word) ? CONTROL : NORMAL));
  const tokens = words.map((word, i) => {
    if (types[i] === CONTROL) return word;
    return word.startsWith("##") ? word.slice(2) : SPACE + word;
  });
  const metadata = [
    text("model", "bert"),
    text("pre", "jina-v2-en"),
    count("token_type_count", 2),
    ...tokenEntries(tokens, types),
    count("bos_token_id", 101),
    count("eos_token_id", 102),
    count("unknown_token_id", 100),
    count("seperator_token_id", 102),
    count("padding_token_id", 0),
    count("cls_token_id", 101),
    count("mask_token_id", 103),
  ];
  return { tokens, types, metadata };
}

/**
 * A byte-level BPE vocabulary with the layout of RoBERTa's: special tokens, the 256 bytes, then one token for each
 * merge. The merges are learned from common words, identifiers, punctuation, runs of spaces and words in many
 * scripts, one text after the other: what the merges so far leave apart of it is joined from the left.
 */
export function bpeVocabulary(size: number, seed: number, pre = "jina-v2-code"): TestVocabulary {
  const random = seededRandom(seed);
  const special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"];
  const bytes = byteCharacters();
  const tokens = [...special, ...bytes];
  const known = new Set(tokens);
  const ranks = new Map<string, number>();
  for (const word of trainingWords(random)) {
    const parts = mergeByRank(
      Array.from(Buffer.from(word), (byte) => bytes[byte]!),
      ranks,
    );
    while (parts.length > 1 && tokens.length < size) {
      const [left = "", right = ""] = parts.splice(0, 2);
      ranks.set(`${left} ${right}`, ranks.size);
      parts.unshift(left + right);
      if (!known.has(left + right)) tokens.push(left + right);
      known.add(left + right);
    }
    if (tokens.length >= size) break;
  }
  const types = tokens.map((_, i) => (i < special.length ? CONTROL : NORMAL));
  const merges = [...ranks.keys()];
  const metadata = [
    text("model", "gpt2"),
    text("pre", pre),
    count("token_type_count", 2),
    ...tokenEntries(tokens, types),
    entry("merges", array("string", merges)),
    count("bos_token_id", 0),
    count("eos_token_id", 2),
    count("unknown_token_id", 3),
    count("seperator_token_id", 2),
    count("padding_token_id", 1),
    count("mask_token_id", 4),
    flag("add_bos_token", true),
    flag("add_eos_token", true),
  ];
  return { tokens, types, merges, metadata };
}

/**
 * A unigram vocabulary with the layout of XLM-RoBERTa's: `<s>`, `<pad>`, `</s>`, `<unk>`, pieces, `<mask>`. Pieces are words and parts
 * of words in many scripts with random scores, the shorter the lower; some characters of each script are missing.
 * The table of replacements is a small one of NFKC.
 */
export function unigramVocabulary(size: number, seed: number): TestVocabulary {
  const random = seededRandom(seed);
  const pieces = new Set([SPACE]);
  // A token in llama.cpp ends at a zero.
  const add = (piece: string): void => void (/^[^\0]+$/u.test(piece) && pieces.size < size - 5 && pieces.add(piece));
  for (const character of [...asciiCharacters, ...scriptCharacters()]) if (random() < 0.9) add(character);
  for (const word of trainingWords(random)) {
    const characters = Array.from(word.replaceAll(" ", SPACE));
    add(characters.join(""));
    const start = Math.floor(random() * characters.length);
    add(characters.slice(start, start + 1 + Math.floor(random() * 5)).join(""));
    if (pieces.size === size - 5) break;
  }
  const tokens = ["<s>", "<pad>", "</s>", "<unk>", ...pieces, "<mask>"];
  const control = new Set(["<s>", "<pad>", "</s>", "<mask>"]);
  const typeOf = (token: string): number => (token === "<unk>" ? UNKNOWN : NORMAL);
  const types = tokens.map((token) => (control.has(token) ? CONTROL : typeOf(token)));
  const scores = tokens.map((token, i) =>
    types[i] === NORMAL ? Math.fround(-4 - 12 * random() + Math.min(token.length, 4)) : 0,
  );
  const metadata = [
    text("model", "t5"),
    text("pre", "default"),
    count("token_type_count", 2),
    ...tokenEntries(tokens, types),
    entry("scores", array("float32", scores)),
    entry("precompiled_charsmap", array("uint8", [...precompiledCharsmap(compatibilityReplacements())])),
    count("bos_token_id", 0),
    count("eos_token_id", 2),
    count("unknown_token_id", 3),
    count("seperator_token_id", 2),
    count("padding_token_id", 1),
    count("mask_token_id", tokens.length - 1),
    flag("add_space_prefix", true),
    flag("add_bos_token", true),
    flag("add_eos_token", true),
    flag("remove_extra_whitespaces", true),
  ];
  return { tokens, types, scores, metadata };
}

/** Ranges of code points with letters, marks, digits, punctuation, symbols, spaces and controls of many scripts. */
export const scriptRanges: readonly (readonly [first: number, last: number])[] = [
  [0x20, 0x7e],
  [0xa0, 0x2_4f],
  [0x3_00, 0x3_6f],
  [0x3_70, 0x5_2f],
  [0x5_90, 0x6_ff],
  [0x9_00, 0x9_7f],
  [0xe_00, 0xe_7f],
  [0x10_a0, 0x10_ff],
  [0x11_00, 0x11_ff],
  [0x1e_00, 0x1f_ff],
  [0x20_00, 0x20_6f],
  [0x20_a0, 0x20_cf],
  [0x21_00, 0x23_ff],
  [0x25_00, 0x27_bf],
  [0x30_00, 0x30_ff],
  [0x4e_00, 0x4e_ff],
  [0xac_00, 0xac_ff],
  [0xf9_00, 0xf9_ff],
  [0xfe_00, 0xfe_ff],
  [0xff_00, 0xff_ef],
  [0x1_d4_00, 0x1_d4_ff],
  [0x1_f3_00, 0x1_f6_ff],
  [0x2_00_00, 0x2_00_ff],
  [0, 0x1f],
  [0x7f, 0x9f],
];

const asciiCharacters = Array.from({ length: 94 }, (_, i) => String.fromCodePoint(0x21 + i));

const commonWords =
  "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they which one you were her all she there would their we him been has when who will more no if out so said what up its about into than them can only other new some could time these two may then do first any my now such like our over man me even most made after also did many before must through back years where much your way well down should because each just those people how too little state good very make world still own see men work long get here between both life being under never day same another know while last might us great old year off come since against go came right used take three function return const let var class import export default string number boolean null undefined await async".split(
    " ",
  );

const commonEndings = "ing ed er est ly s es ion tion ment ness able al ic ous ive ity en ize ism".split(" ");

const punctuation = [
  "();",
  " {",
  "}\n",
  " => ",
  "==",
  " !==",
  "//",
  " * ",
  "\n\n",
  "\n    ",
  "        ",
  "\t\t",
  "...",
  "->",
  '": "',
];

function madeUpWord(random: () => number): string {
  const pick = (of: readonly string[]): string => of[Math.floor(random() * of.length)]!;
  let word = "";
  for (let syllables = 1 + Math.floor(random() * 3); syllables > 0; syllables--) {
    word += pick(onsets) + pick(vowels) + (random() < 0.6 ? pick(codas) : "");
  }
  return word;
}

const onsets = "b c d f g h j k l m n p r s t v w br ch cl cr dr fl gr pl pr sh sl st th tr".split(" ");
const vowels = "a e i o u ai ea ee io ou".split(" ");
const codas = "b d g k l m n p r s t x ck ld ll nd ng nt rd rk st".split(" ");

/** Words as they stand in texts and code, without end. */
function* trainingWords(random: () => number): Generator<string> {
  for (const word of commonWords) yield* [` ${word}`, word];
  for (const ending of commonEndings) yield ending;
  yield* punctuation;
  for (;;) {
    const word = madeUpWord(random);
    yield ` ${word}`;
    yield random() < 0.5 ? word : word.charAt(0).toUpperCase() + word.slice(1);
    if (random() < 0.3) yield String(Math.floor(random() * 10_000));
    if (random() < 0.4) yield scriptWord(random);
  }
}

function scriptWord(random: () => number): string {
  const [first, last] = scriptRanges[Math.floor(random() * scriptRanges.length)]!;
  const length = 1 + Math.floor(random() * 4);
  const codePoints = Array.from({ length }, () => first + Math.floor(random() * (last - first + 1)));
  return (random() < 0.5 ? " " : "") + String.fromCodePoint(...codePoints);
}

/** All printable characters of the ranges but white space. */
function scriptCharacters(): string[] {
  return scriptRanges.flatMap(([first, last]) =>
    Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)).filter((character) =>
      /[^\s\p{C}]/u.test(character),
    ),
  );
}

/** How GPT-2 writes each byte: as itself where that is printable, else as one of the characters from U+0100 on. */
function byteCharacters(): string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    return String.fromCodePoint(printable ? byte : next++);
  });
}

/** Merges neighbours, lowest rank first, as long as there are any that merge. */
function mergeByRank(symbols: readonly string[], ranks: ReadonlyMap<string, number>): string[] {
  const parts = [...symbols];
  for (;;) {
    let best = -1;
    let bestRank = Infinity;
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ranks.get(`${parts[i]!} ${parts[i + 1]!}`) ?? Infinity;
      if (rank < bestRank) [best, bestRank] = [i, rank];
    }
    if (best < 0) return parts;
    parts.splice(best, 2, parts[best]! + parts[best + 1]!);
  }
}

/** Characters and sequences that NFKC composes or replaces, and spaces and controls as SentencePiece treats them. */
function compatibilityReplacements(): Map<string, string> {
  const replacements = new Map<string, string>();
  for (const character of scriptCharacters()) {
    const compatible = character.normalize("NFKC");
    if (compatible !== character) replacements.set(character, compatible);
    const decomposed = character.normalize("NFD");
    if (decomposed !== character && decomposed.normalize("NFC") === character) replacements.set(decomposed, character);
  }
  for (const space of "\t\n\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2009\u200b\u2028\u3000")
    replacements.set(space, " ");
  for (const removed of "\u0001\u0008\u000b\u001f\u007f\u008f\u200e\ufe0f") replacements.set(removed, "");
  return replacements;
}

interface TrieNode {
  readonly children: Map<number, TrieNode>;
  /** Position of the replacement. */
  value?: number;
}

/** SentencePiece's form of a table of replacements: a double array in the form of Darts-clone's, then the texts. */
export function precompiledCharsmap(replacements: ReadonlyMap<string, string>): Buffer {
  const root: TrieNode = { children: new Map() };
  const texts: Buffer[] = [];
  let textBytes = 0;
  for (const [key, replacement] of replacements) {
    let node = root;
    for (const byte of Buffer.from(key)) {
      const child = node.children.get(byte) ?? { children: new Map() };
      node.children.set(byte, child);
      node = child;
    }
    node.value = textBytes;
    const bytes = Buffer.from(`${replacement}\0`);
    texts.push(bytes);
    textBytes += bytes.byteLength;
  }
  const trie = doubleArray(root);
  const header = Buffer.alloc(4);
  header.writeUInt32LE(trie.byteLength);
  return Buffer.concat([header, trie, ...texts]);
}

function doubleArray(root: TrieNode): Buffer {
  const units: number[] = [0];
  const taken = new Set([0]);
  const takenPlaces = new Set<number>();
  const put = (node: TrieNode, index: number): void => {
    const labels = [...(node.value === undefined ? [] : [0]), ...node.children.keys()];
    let place = 1;
    while (takenPlaces.has(place) || labels.some((label) => taken.has(place ^ label))) place++;
    takenPlaces.add(place);
    for (const label of labels) taken.add(place ^ label);
    // The distance in bits 10 to 30, bit 8 for a key that ends here.
    units[index] = (units[index]! | ((index ^ place) << 10) | (node.value === undefined ? 0 : 1 << 8)) >>> 0;
    if (node.value !== undefined) units[place] = (0x80_00_00_00 | node.value) >>> 0;
    for (const [label, child] of node.children) {
      units[place ^ label] = label;
      put(child, place ^ label);
    }
  };
  put(root, 0);
  const bytes = Buffer.alloc(Math.ceil(units.length / 256) * 256 * 4);
  units.forEach((unit, i) => bytes.writeUInt32LE(unit, i * 4));
  return bytes;
}

function entry(key: string, value: WrittenValue): WrittenEntry {
  return [`tokenizer.ggml.${key}`, value];
}

function text(key: string, value: string): WrittenEntry {
  return entry(key, { type: "string", value });
}

function count(key: string, value: number): WrittenEntry {
  return entry(key, { type: "uint32", value });
}

function flag(key: string, value: boolean): WrittenEntry {
  return entry(key, { type: "bool", value });
}

function tokenEntries(tokens: readonly string[], types: readonly number[]): WrittenEntry[] {
  return [entry("tokens", array("string", tokens)), entry("token_type", array("int32", types))];
}

function array(elementType: "string", values: readonly string[]): WrittenValue;
function array(elementType: "int32" | "uint8" | "float32", values: readonly number[]): WrittenValue;
function array(
  elementType: "string" | "int32" | "uint8" | "float32",
  values: readonly (string | number)[],
): WrittenValue {
  const elements = values.map((value) => ({ type: elementType, value }) as WrittenValue);
  return { type: "array", elementType, elements };
}
