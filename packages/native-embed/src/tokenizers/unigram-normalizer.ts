import type { CharacterMap } from "./character-map.ts";
import { GrowingBytes } from "./growing-bytes.ts";
import type { UserDefinedToken } from "./user-defined-tokens.ts";
import { utf8Length } from "./utf8.ts";

export interface WhitespaceRules {
  /** Begin with a space if the text does not. */
  readonly addSpacePrefix: boolean;
  /** Drop spaces at both ends and all but one of several in a row. */
  readonly removeExtraWhitespaces: boolean;
}

/**
 * Rewrites text the way SentencePiece does before it looks for tokens, as llama.cpp has it: replacements by the
 * model's table, then spaces by its rules, each written as U+2581.
 */
export class UnigramNormalizer {
  readonly #characterMap: CharacterMap | undefined;
  readonly #rules: WhitespaceRules;
  /** The protected tokens by the byte that they begin with. */
  readonly #protected: (Uint8Array[] | undefined)[] = Array.from({ length: 256 });
  readonly #output = new GrowingBytes();
  #spacePrepended = false;
  #insideWord = false;

  constructor(
    characterMap: CharacterMap | undefined,
    rules: WhitespaceRules,
    protectedTokens: readonly UserDefinedToken[],
  ) {
    this.#characterMap = characterMap;
    this.#rules = rules;
    for (const { bytes } of protectedTokens) (this.#protected[bytes[0]!] ??= []).push(bytes);
  }

  get byteLength(): number {
    return (this.#characterMap?.byteLength ?? 0) + this.#output.bytes.byteLength;
  }

  /** The text's bytes after rewriting; a view that is valid until the next call. */
  normalize(text: string): Uint8Array {
    this.#output.clear();
    this.#spacePrepended = false;
    this.#insideWord = false;
    const input = encoder.encode(text);
    for (let at = 0; at < input.length;) at = this.#rewrite(input, at);
    return this.#output.bytes.subarray(0, this.#output.length);
  }

  /** Rewrites what is at `at`; where the next begins. */
  #rewrite(input: Uint8Array, at: number): number {
    const kept = this.#protectedLength(input, at);
    if (kept > 0) return this.#take(input, at, at + kept);
    const map = this.#characterMap;
    if (map?.match(input, at, input.length) === true) {
      this.#take(map.texts, map.start, map.end);
      return at + map.matched;
    }
    // A table whose keys end within a character leaves the rest of it behind.
    if (isContinuation(input[at]!)) {
      this.#take(replacementCharacter, 0, replacementCharacter.length);
      return at + 1;
    }
    return this.#take(input, at, at + utf8Length(input[at]!));
  }

  /**
   * How many bytes from `at` on are left as they are because a user-defined token begins with them. Whole ones never
   * get here, but llama.cpp keeps the beginning of one too.
   */
  #protectedLength(input: Uint8Array, at: number): number {
    const candidates = this.#protected[input[at]!];
    if (candidates === undefined) return 0;
    let longest = 0;
    for (const bytes of candidates) {
      let length = 0;
      while (length < bytes.length && at + length < input.length && bytes[length] === input[at + length]) length++;
      longest = Math.max(longest, length);
    }
    return longest;
  }

  /** Appends bytes[start, end), its spaces by the rules; returns `end`. */
  #take(bytes: Uint8Array, start: number, end: number): number {
    const { addSpacePrefix, removeExtraWhitespaces } = this.#rules;
    const output = this.#output;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (byte === SPACE) {
        this.#insideWord = false;
        if (!removeExtraWhitespaces) this.#appendSpace();
        continue;
      }
      if (!this.#insideWord) {
        this.#insideWord = true;
        if (removeExtraWhitespaces || (addSpacePrefix && !this.#spacePrepended)) {
          this.#appendSpace();
          this.#spacePrepended = true;
        }
      }
      output.reserve(1);
      output.bytes[output.length++] = byte;
    }
    return end;
  }

  #appendSpace(): void {
    const output = this.#output;
    output.reserve(escapedSpace.length);
    for (const byte of escapedSpace) output.bytes[output.length++] = byte;
  }
}

const SPACE = 0x20;
const encoder = new TextEncoder();
/** U+2581. */
const escapedSpace: readonly number[] = [0xe2, 0x96, 0x81];
/** U+FFFD. */
const replacementCharacter: Uint8Array = Uint8Array.of(0xef, 0xbf, 0xbd);

function isContinuation(byte: number): boolean {
  return (byte & 0xc0) === 0x80;
}
