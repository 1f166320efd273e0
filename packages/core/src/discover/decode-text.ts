/**
 * The text of a file's bytes, without its byte order mark: UTF-8, or UTF-16 where a mark says so. Undefined when they
 * are no text. Line ends are left as they are. Stray bytes of another encoding become U+FFFD, because the rest of such
 * a file (code in ASCII with comments in Latin-1 or Shift JIS) is worth finding.
 */
export function decodeText(bytes: Buffer): string | undefined {
  const encoding = utf16Encoding(bytes);
  if (encoding === "utf-8" && bytes.includes(0)) return undefined;
  const text = decoders[encoding].decode(bytes);
  return looksLikeText(text) ? text : undefined;
}

const decoders = {
  "utf-8": new TextDecoder("utf-8"),
  "utf-16le": new TextDecoder("utf-16le"),
  "utf-16be": new TextDecoder("utf-16be"),
} as const;

function utf16Encoding(bytes: Buffer): keyof typeof decoders {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return "utf-16le";
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return "utf-16be";
  return "utf-8";
}

/** As Perl's `-T` test: up to this share of odd characters is still text. */
const maxOddShare = 0.3;

function looksLikeText(text: string): boolean {
  const allowed = text.length * maxOddShare;
  let odd = 0;
  for (let i = 0; i < text.length && odd <= allowed; i += 1) {
    const code = text.charCodeAt(i);
    // A NUL left after decoding: UTF-32, or no text at all.
    if (code === 0) return false;
    if (code === replacement || code === del || (code < space && !textControls.has(code))) odd += 1;
  }
  return odd <= allowed;
}

const space = 0x20;
const del = 0x7f;
/** Stands for bytes that could not be decoded. */
const replacement = 0xfffd;
/** Backspace, tab, line feed, vertical tab, form feed, carriage return, escape. */
const textControls: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x1b]);
