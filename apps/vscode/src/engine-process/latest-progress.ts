const MS_BETWEEN_REPORTS = 100;

/**
 * Passes reports on: events of the type `progress`, which come by the thousand, at most ten times a second and always
 * the latest; all others at once, after the progress that came before them.
 */
export class LatestProgress<E> {
  readonly #send: (event: E) => void;
  #held: { readonly event: E } | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (event: E) => void) {
    this.#send = send;
  }

  report(event: E): void {
    if (!isProgress(event)) {
      this.#sendHeld();
      this.#send(event);
    } else if (this.#timer === undefined) {
      this.#send(event);
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (this.#held !== undefined) this.report(this.#takeHeld(this.#held));
      }, MS_BETWEEN_REPORTS);
    } else {
      this.#held = { event };
    }
  }

  /** Passes on what is held back. Nothing may be reported afterwards. */
  end(): void {
    clearTimeout(this.#timer);
    this.#sendHeld();
  }

  #sendHeld(): void {
    if (this.#held !== undefined) this.#send(this.#takeHeld(this.#held));
  }

  #takeHeld({ event }: { readonly event: E }): E {
    this.#held = undefined;
    return event;
  }
}

function isProgress(event: unknown): boolean {
  const type: unknown = typeof event === "object" && event !== null && "type" in event ? event.type : undefined;
  return type === "progress" || type === "item-progress";
}
