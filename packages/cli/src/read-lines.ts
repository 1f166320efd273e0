/** One line of a stream of bytes; without its text if it is longer than allowed. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** Without its end; undefined for a line that was too long. */
  readonly text: string | undefined;
}

const LINE_END = 0x0a;

/**
 * Splits a stream of UTF-8 into its lines. A longer line than `maxBytes` is passed over without being kept, which
 * `node:readline` cannot do.
 */
export async function* readLines(bytes: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let parts: Uint8Array[] = [];
  let length = 0;
  let number = 1;
  const keep = (part: Uint8Array): void => {
    length += part.length;
    if (length > maxBytes) parts = [];
    else parts.push(part);
  };
  const take = (): Line => {
    const text = length > maxBytes ? undefined : Buffer.concat(parts, length).toString("utf8").replace(/\r$/, "");
    parts = [];
    length = 0;
    return { number: number++, text };
  };
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  if (length > 0) yield take();
}
