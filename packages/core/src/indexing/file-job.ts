import { setTimeout as sleep } from "node:timers/promises";

import { type FileEvent, type FileState, nextState, pending } from "./file-state.ts";

/** Before the second attempt; doubled before each further one, and spread so that files do not try in step. */
const FIRST_WAIT_MS = 100;

/** One file on its way through a run. */
export class FileJob {
  #state: FileState = pending;

  get state(): FileState {
    return this.#state;
  }

  advance(event: FileEvent): void {
    this.#state = nextState(this.#state, event);
  }

  /**
   * Tries to do a stage's work, again after a while if the error can pass.
   *
   * @throws the last error, when the file has failed; the signal's reason when it is aborted.
   */
  async attempt<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        const message = error instanceof Error ? error.message : String(error);
        this.advance({ kind: "failed", error: message, mayPass: canPass(error) });
        if (this.#state.kind === "failed") throw error;
        const attempts = "attempts" in this.#state ? this.#state.attempts : 1;
        const wait = FIRST_WAIT_MS * 2 ** (attempts - 2) * (0.5 + Math.random());
        // Nobody waits for the timer itself.
        await sleep(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }
}

/** What the system says of a file that another program holds, or when too much is open at once. */
const passing = new Set(["EBUSY", "EAGAIN", "EMFILE", "ENFILE", "ETXTBSY", "EINTR", "ETIMEDOUT", "ESTALE"]);

function canPass(error: unknown): boolean {
  return error instanceof Error && "code" in error && passing.has(String(error.code));
}
