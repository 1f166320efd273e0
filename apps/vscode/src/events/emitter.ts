/** Adds a listener, until what it returns is disposed of. */
export type Event<T> = (listener: (value: T) => void) => { dispose(): void };

/**
 * Tells its listeners, in the order in which they were added. An editor has such a class too, but it cannot be had
 * without one.
 */
export class Emitter<T> {
  /** In an object each, so that one function can be added twice. */
  readonly #listeners = new Set<{ readonly tell: (value: T) => void }>();

  readonly event: Event<T> = (tell) => {
    const listener = { tell };
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  /** Those that are added meanwhile are not told. What a listener throws keeps it from no other, and is not caught. */
  fire(value: T): void {
    const told = [...this.#listeners];
    for (const { tell } of told) {
      try {
        tell(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Forgets its listeners. */
  dispose(): void {
    this.#listeners.clear();
  }
}
