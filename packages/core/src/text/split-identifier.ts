/** A word of source code or prose: letters of any script, digits, `_` and `$`. */
export const wordPattern: RegExp = /[\p{L}\p{M}\p{N}_$]+/gu;

// First plural acronyms (`URLs`), which are one part; then acronyms before a capitalised word.
const asciiParts = /[A-Z]{2,}s(?![A-Za-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+/g;
const unicodeParts =
  /\p{Lu}{2,}s(?!\p{L})|\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?[\p{Ll}\p{M}]+|\p{Lu}+|\p{N}+|[\p{L}\p{M}]+/gu;
const notAscii = /[\u0080-\u{10ffff}]/u;

/**
 * Splits one word as matched by {@link wordPattern} at case changes, digits, `_` and `$`:
 * `parseHTTPResponse2` becomes `parse`, `http`, `response`, `2`. Parts are lower-cased; writing without case is one part.
 */
export function splitIdentifier(word: string): string[] {
  const parts = word.match(notAscii.test(word) ? unicodeParts : asciiParts) ?? [];
  return parts.map((part) => part.toLowerCase());
}
