import type { Chunker } from "./chunker.ts";
import { type ChunkerOptions, createChunker } from "./create-chunker.ts";

/**
 * A chunker whose threads outlast a run, for small runs that follow one another: to start a thread and to load a grammar
 * takes longer than all else that is done for one saved file. The threads, which hold some hundred megabytes, end by
 * themselves when there was nothing to do for half a minute.
 */
export class KeptChunker {
  #kept: { readonly chunkChars: number; readonly chunker: Chunker } | undefined;

  /** For one run at a time; closing what it is given leaves the threads alone. */
  async forRun(options: ChunkerOptions): Promise<Chunker> {
    const { chunkChars } = options;
    if (this.#kept?.chunkChars !== chunkChars) await this.close();
    const { chunker } = (this.#kept ??= { chunkChars, chunker: createChunker(options) });
    return { chunk: (...file) => chunker.chunk(...file), close: () => Promise.resolve() };
  }

  /** Ends the threads; the next run starts new ones. */
  async close(): Promise<void> {
    const kept = this.#kept;
    this.#kept = undefined;
    await kept?.chunker.close();
  }
}
