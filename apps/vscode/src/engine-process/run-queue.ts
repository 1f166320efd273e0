import type { Activity, RunKind } from "../protocol/protocol.ts";

interface Waiter {
  readonly kind: RunKind;
  readonly start: () => void;
}

/** Lets one run write the index at a time, in the order in which they were asked for. */
export class RunQueue {
  readonly #report: (activity: Activity) => void;
  readonly #waiting: Waiter[] = [];
  #running: RunKind | undefined;

  /** @param report told of every change. */
  constructor(report: (activity: Activity) => void) {
    this.#report = report;
  }

  /** @throws the signal's reason if it is aborted before the run begins; afterwards the run sees to it itself. */
  async run<T>(kind: RunKind, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    await this.#turn(kind, signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      this.#begin(next?.kind);
      next?.start();
    }
  }

  async #turn(kind: RunKind, signal: AbortSignal): Promise<void> {
    if (this.#running === undefined) {
      this.#begin(kind);
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter: Waiter = { kind, start: resolve };
    const leave = () => {
      const place = this.#waiting.indexOf(waiter);
      // It has its turn already, and its work looks at the signal.
      if (place === -1) return;
      this.#waiting.splice(place, 1);
      this.#tell();
      reject(signal.reason);
    };
    this.#waiting.push(waiter);
    this.#tell();
    signal.addEventListener("abort", leave, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  #begin(kind: RunKind | undefined): void {
    this.#running = kind;
    this.#tell();
  }

  #tell(): void {
    this.#report({ running: this.#running, waiting: this.#waiting.map(({ kind }) => kind) });
  }
}
