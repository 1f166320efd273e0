/** What loading may allocate, in bytes. */
export interface MemoryLimits {
  /** In one piece. */
  readonly allocation: number;
  /** At any one time, beyond the weights themselves. */
  readonly working: number;
}

/** What loading did allocate and read. */
export interface MemoryReport {
  /** Reads from the file. */
  readonly chunks: number;
  /** Bytes of these. */
  readonly bytes: number;
  /** The largest piece of working memory, in bytes. */
  readonly largestAllocation: number;
  /** The most working memory at one time, in bytes. */
  readonly peak: number;
}

/** Large objects of their own in V8's heap are what an embedder must not make, and a MiB is plenty for two reads. */
const loadingLimits: MemoryLimits = { allocation: 10 * 1024 * 1024, working: 1024 * 1024 };

/**
 * Keeps account of what a loader reads and allocates, and throws a RangeError at the first thing beyond the limits: a
 * loader that breaks its promise fails in tests instead of in a process with little memory.
 */
export class MemoryMonitor {
  readonly #limits: MemoryLimits;
  #chunks = 0;
  #bytes = 0;
  #largest = 0;
  #working = 0;
  #peak = 0;

  constructor(limits: MemoryLimits = loadingLimits) {
    this.#limits = limits;
  }

  /** To be called before allocating. Throws a RangeError beyond a limit; nothing is counted then. */
  allocate(bytes: number): void {
    const { allocation, working } = this.#limits;
    if (bytes > allocation)
      throw new RangeError(`loading would allocate ${bytes} bytes at once, more than ${allocation}`);
    if (this.#working + bytes > working) {
      throw new RangeError(`loading would hold ${this.#working + bytes} bytes, more than ${working}`);
    }
    this.#working += bytes;
    this.#largest = Math.max(this.#largest, bytes);
    this.#peak = Math.max(this.#peak, this.#working);
  }

  release(bytes: number): void {
    this.#working -= bytes;
  }

  /** Counts one read. */
  read(bytes: number): void {
    this.#chunks++;
    this.#bytes += bytes;
  }

  report(): MemoryReport {
    return { chunks: this.#chunks, bytes: this.#bytes, largestAllocation: this.#largest, peak: this.#peak };
  }
}
