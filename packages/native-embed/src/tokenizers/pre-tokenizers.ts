import { characterClasses, LETTER, NUMBER, PUNCTUATION, SYMBOL, WHITESPACE } from "./character-classes.ts";

/** Takes a piece of a text, by its place. */
type PieceSink = (start: number, end: number) => void;

/** Cuts text[start, end) into pieces that are tokenized each for itself, in order and without gaps. */
export type PreTokenizer = (text: string, start: number, end: number, sink: PieceSink) => void;

/**
 * GPT-2's, and so that of RoBERTa and most embedding models with byte-pair encoding. The pieces are the matches of
 *
 *     's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
 *
 * found by one pass over the characters instead of the expression, which would cost a string for each piece; the
 * tests hold both against each other.
 */
export const splitLikeGpt2: PreTokenizer = (text, start, end, sink) => {
  let at = start;
  while (at < end) {
    const next = endOfGpt2Piece(text, at, end);
    sink(at, next);
    at = next;
  }
};

/**
 * What llama.cpp does for models that name no pre-tokenizer: runs of punctuation and of `$+<=>^~|` are set apart, the
 * rest is cut as by GPT-2, then numbers are set apart from the space before them and cut into three digits each.
 */
export const splitByDefault: PreTokenizer = (text, start, end, sink) => {
  splitRuns(text, start, end, isDefaultPunctuation, (runStart, runEnd) => {
    splitLikeGpt2(text, runStart, runEnd, (pieceStart, pieceEnd) => {
      splitRuns(text, pieceStart, pieceEnd, isNumber, (partStart, partEnd) => {
        splitDigits(text, partStart, partEnd, sink);
      });
    });
  });
};

function endOfGpt2Piece(text: string, start: number, end: number): number {
  const contraction = contractionLength(text, start, end);
  if (contraction > 0) return start + contraction;
  const classes = characterClasses();
  // A space belongs to the piece after it.
  const first = text.charCodeAt(start) === SPACE && start + 1 < end ? start + 1 : start;
  const kind = gpt2Kind(classes, text, first);
  if (kind !== WHITESPACE) return endOfKind(classes, text, first, end, kind);
  const afterSpaces = endOfKind(classes, text, start, end, WHITESPACE);
  // Of several, the last one is left to what follows.
  return afterSpaces < end && afterSpaces - start > 1 ? afterSpaces - 1 : afterSpaces;
}

/** Length of the contraction that begins at `start`, or 0. */
function contractionLength(text: string, start: number, end: number): 0 | 2 | 3 {
  if (text.charCodeAt(start) !== APOSTROPHE) return 0;
  for (const ending of contractionEndings) {
    if (start + 1 + ending.length <= end && text.startsWith(ending, start + 1)) return ending.length === 1 ? 2 : 3;
  }
  return 0;
}

const contractionEndings = ["s", "t", "m", "d", "re", "ve", "ll"];

const SPACE = 0x20;
const APOSTROPHE = 0x27;
const BACKTICK = 0x60;

/** Stands for all characters but letters, numbers and white space. */
const OTHER = 0;
type Gpt2Kind = typeof LETTER | typeof NUMBER | typeof WHITESPACE | typeof OTHER;

function gpt2Kind(classes: Uint8Array, text: string, at: number): Gpt2Kind {
  const kind = classes[text.codePointAt(at)!];
  return kind === LETTER || kind === NUMBER || kind === WHITESPACE ? kind : OTHER;
}

function endOfKind(classes: Uint8Array, text: string, start: number, end: number, kind: Gpt2Kind): number {
  let at = start;
  while (at < end && gpt2Kind(classes, text, at) === kind) at += unitsAt(text, at);
  return at;
}

/** Hands on the runs of characters that belong and those between them. */
function splitRuns(
  text: string,
  start: number,
  end: number,
  belongs: (codePoint: number) => boolean,
  sink: PieceSink,
): void {
  let runStart = start;
  let inside = false;
  for (let at = start; at < end; at += unitsAt(text, at)) {
    if (belongs(text.codePointAt(at)!) === inside) continue;
    if (at > runStart) sink(runStart, at);
    runStart = at;
    inside = !inside;
  }
  if (end > runStart) sink(runStart, end);
}

/** Hands on every three ASCII digits in a row and what is between them. */
function splitDigits(text: string, start: number, end: number, sink: PieceSink): void {
  let handedOn = start;
  for (let at = start; at + 3 <= end;) {
    if (isDigit(text, at) && isDigit(text, at + 1) && isDigit(text, at + 2)) {
      if (at > handedOn) sink(handedOn, at);
      handedOn = at + 3;
      sink(at, handedOn);
      at = handedOn;
    } else {
      at++;
    }
  }
  if (end > handedOn) sink(handedOn, end);
}

/** `[\p{P}$+<=>^~|]`: of the ASCII symbols, all but the backtick. */
function isDefaultPunctuation(codePoint: number): boolean {
  const kind = characterClasses()[codePoint];
  return kind === PUNCTUATION || (kind === SYMBOL && codePoint < 0x80 && codePoint !== BACKTICK);
}

function isNumber(codePoint: number): boolean {
  return characterClasses()[codePoint] === NUMBER;
}

function isDigit(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0x30 && unit <= 0x39;
}

function unitsAt(text: string, at: number): 1 | 2 {
  return text.codePointAt(at)! > 0xff_ff ? 2 : 1;
}
