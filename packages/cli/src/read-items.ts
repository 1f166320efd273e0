import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

import type { Item } from "@resona/core";

import { UsageError } from "./failure.ts";
import { readLines } from "./read-lines.ts";

/** A longer line is no item: the longest text that is accepted takes less in any script. */
const MAX_LINE_BYTES = 128 << 20;

/** Items as they are read from JSON Lines. */
export interface ItemSource {
  readonly items: AsyncIterable<Item>;
  /** Number, from 1, of the line that an item came from. */
  readonly lineOf: (item: unknown) => number;
}

/**
 * Opens a file of JSON Lines, or the standard input for `-`. Lines that are no JSON are told and passed over.
 *
 * @throws UsageError for a file that cannot be read
 */
export async function openItems(
  from: string,
  input: AsyncIterable<Uint8Array>,
  onBrokenLine: (line: number, message: string) => void,
): Promise<ItemSource> {
  const bytes = from === "-" ? input : await openFile(from);
  let line = 0;
  // An item may fail long after its line was read.
  const lines = new WeakMap<object, number>();
  async function* items(): AsyncGenerator<Item> {
    for await (const { number, text } of readLines(bytes, MAX_LINE_BYTES)) {
      line = number;
      // A byte order mark, which some programs write first, and blank lines are no items and no mistakes.
      const content = number === 1 ? text?.replace(/^\uFEFF/, "") : text;
      if (content?.trim() === "") continue;
      const parsed = parse(content);
      // The engine checks what it is given.
      if ("value" in parsed) {
        if (typeof parsed.value === "object" && parsed.value !== null) lines.set(parsed.value, number);
        yield parsed.value as Item;
      } else onBrokenLine(number, parsed.message);
    }
  }
  return { items: items(), lineOf: (item) => (typeof item === "object" && item && lines.get(item)) || line };
}

async function openFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  const trouble = (detail: string) => new UsageError(`${path} ${detail}.`, "Check the path given with --from.");
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw trouble(error.code === "ENOENT" ? "does not exist" : `cannot be read (${error.code ?? error.message})`);
  });
  if (found.isDirectory()) throw trouble("is a folder, not a file");
  const stream = createReadStream(path, { highWaterMark: 1 << 18 });
  await new Promise<void>((resolve, reject) => {
    stream.once("open", () => resolve());
    stream.once("error", (error: NodeJS.ErrnoException) => {
      reject(trouble(`cannot be read (${error.code ?? error.message})`));
    });
  });
  return stream;
}

const quotedText = /(?:^|,? )(?:\.\.\.)?"[^]*$/;
/** Of a line there is only one. */
const linePosition = / \(line 1 column \d+\)$/;

function parse(text: string | undefined): { readonly value: unknown } | { readonly message: string } {
  if (text === undefined) return { message: `It is longer than ${MAX_LINE_BYTES >> 20} MiB.` };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    // Node quotes the text, which may be long and is not ours to show.
    const reason = error instanceof Error ? error.message.replace(quotedText, "").replace(linePosition, "") : "";
    return { message: `It is not JSON${reason === "" ? "" : `: ${reason}`}.` };
  }
}
