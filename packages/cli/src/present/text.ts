/** Control characters, and those that reorder or hide text: they could drive a terminal or disguise a path. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

const shortEscapes: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Text for one line of a terminal: what cannot be printed is shown as an escape such as `\n` or `\u001b`. */
export function printable(text: string): string {
  return text.replace(
    unprintable,
    (char) => shortEscapes[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A line of source for a terminal: tabs become two spaces so that its width is known. */
export function printableLine(line: string): string {
  return printable(line.replaceAll("\t", "  "));
}

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const wide =
  /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;

/** Cuts printable text to at most `columns` terminal columns, an ellipsis included where something was cut. */
export function fit(text: string, columns: number): string {
  // Most lines fit by far: no character is wider than two columns.
  if (text.length * 2 <= columns) return text;
  let used = 0;
  let kept = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    used += wide.test(segment) ? 2 : 1;
    if (used <= columns - 1) kept = index + segment.length;
    if (used > columns) return columns < 1 ? "" : `${text.slice(0, kept)}…`;
  }
  return text;
}

const number = new Intl.NumberFormat("en-US");

/** `1234` → `1,234` */
export function formatCount(count: number): string {
  return number.format(count);
}

/** `formatted(1, "file")` → `1 file`, `formatted(2, "file")` → `2 files` */
export function counted(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Decimal units: `14200000` → `14.2 MB` */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  // 999.95 would be rounded to 1000.0 of the same unit.
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `420` → `420 ms`, `12345` → `12.3 s`, `125000` → `2 min 5 s` */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
