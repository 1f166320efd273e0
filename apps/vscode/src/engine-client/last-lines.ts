import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

const LINES_KEPT = 20;
const LONGEST_LINE = 500;

/** Reads a stream by lines and keeps the last of them. */
export class LastLines {
  readonly #kept: string[] = [];
  readonly #closed: Promise<unknown>;

  /** @param onLine told of every line that is not blank. */
  constructor(stream: Readable, onLine: (line: string) => void) {
    const reader = createInterface({ input: stream, crlfDelay: Infinity });
    this.#closed = once(reader, "close");
    reader.on("line", (text) => {
      const line = text.trimEnd().slice(0, LONGEST_LINE);
      if (line === "") return;
      this.#kept.push(line);
      if (this.#kept.length > LINES_KEPT) this.#kept.shift();
      onLine(line);
    });
  }

  get lines(): readonly string[] {
    return this.#kept;
  }

  /** Waits for the stream's end, but not for ever. */
  async read(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, milliseconds);
    await Promise.race([this.#closed, promise]);
    clearTimeout(timer);
  }
}
