import type { MemorySample } from "../protocol/protocol.ts";

const MS_BETWEEN_SAMPLES = 2_000;

/** Reports this process's memory while calls are under way, and once after them: an idle process does nothing at all. */
export class MemorySampler {
  readonly #report: (sample: MemorySample) => void;
  #calls = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(report: (sample: MemorySample) => void) {
    this.#report = report;
  }

  begin(): void {
    this.#calls++;
    this.#timer ??= setInterval(() => this.#sample(), MS_BETWEEN_SAMPLES).unref();
  }

  end(): void {
    this.#calls--;
  }

  #sample(): void {
    const { rss, heapUsed } = process.memoryUsage();
    this.#report({ rss, heapUsed });
    if (this.#calls > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
