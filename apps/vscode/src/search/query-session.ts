/** How long it has to be quiet until what was typed quickly is searched, in milliseconds: as long as a search takes. */
const QUIET_MS = { least: 40, most: 250, atFirst: 100 };

/** What there is to show of a query that is being typed. */
export interface QueryView<T> {
  /** The newest, without surrounding white space. */
  readonly query: string;
  /** Whether more is to come. */
  readonly isBusy: boolean;
  /** Until the first answer to `query` is there, that of a query before it, so that the list does not flicker. */
  readonly answer?: QueryAnswer<T>;
}

type QueryAnswer<T> =
  /** `latencyMs`: from the keystroke. */
  | { readonly query: string; readonly value: T; readonly latencyMs: number }
  | { readonly query: string; readonly error: unknown };

/**
 * A search of what is typed, while it is typed. A keystroke after a pause is searched at once, so that pasted text and
 * slow typing wait for nothing; of keystrokes in quick succession only the last one is, when it has been quiet for a
 * moment: for longer where searches take longer, which go on for a while when they are cancelled. Each keystroke cancels
 * the search under way, and whatever that still answers is not shown.
 */
export class QuerySession<T> {
  readonly #search: (query: string, signal: AbortSignal) => AsyncIterable<T>;
  readonly #show: (view: QueryView<T>) => void;
  #view: QueryView<T> = { query: "", isBusy: false };
  #typedAt = Number.NEGATIVE_INFINITY;
  #quietMs = QUIET_MS.atFirst;
  #timer: NodeJS.Timeout | undefined;
  #running: AbortController | undefined;
  /** What waits for the first answer to the query. */
  #whenAnswered: (() => void) | undefined;
  /** Whether the index has changed since the search under way was begun. */
  #isOutdated = false;
  #isClosed = false;

  /**
   * @param search gives one answer after the other, each in place of the one before.
   * @param show is called with every change.
   */
  constructor(search: (query: string, signal: AbortSignal) => AsyncIterable<T>, show: (view: QueryView<T>) => void) {
    this.#search = search;
    this.#show = show;
  }

  get view(): QueryView<T> {
    return this.#view;
  }

  /** A keystroke has made this of the query. An empty one has no answer. */
  setQuery(text: string): void {
    const query = text.trim();
    this.#whenAnswered = undefined;
    if (this.#isClosed || query === this.#view.query) return;
    const now = performance.now();
    const wasQuiet = !this.#view.isBusy && now - this.#typedAt >= this.#quietMs;
    this.#typedAt = now;
    this.#cancel();
    if (query === "") {
      this.#set({ query, isBusy: false });
      return;
    }
    this.#set({ ...this.#view, query, isBusy: true });
    if (wasQuiet) void this.#run(query, now);
    else this.#timer = setTimeout(() => void this.#run(query, now), this.#quietMs);
  }

  /**
   * Does this when what is shown is an answer to the query: now, or with the first one, which `show` has been given by
   * then. The next keystroke forgets it.
   */
  whenAnswered(action: () => void): void {
    if (this.#isClosed) return;
    this.#whenAnswered = action;
    this.#tellAnswered();
  }

  /** Searches for the same once more, as the index has changed; if that is under way, when it is over. */
  searchAgain(): void {
    const { query, isBusy } = this.#view;
    if (this.#isClosed || query === "") return;
    if (isBusy) {
      this.#isOutdated = true;
      return;
    }
    this.#set({ ...this.#view, isBusy: true });
    void this.#run(query, performance.now());
  }

  /** Cancels what is under way. Nothing is shown any more. */
  close(): void {
    this.#isClosed = true;
    this.#whenAnswered = undefined;
    this.#cancel();
  }

  async #run(query: string, since: number): Promise<void> {
    const running = new AbortController();
    this.#running = running;
    this.#isOutdated = false;
    const { signal } = running;
    const begunAt = performance.now();
    try {
      for await (const value of this.#search(query, signal)) {
        if (signal.aborted) return;
        this.#quietMs = Math.min(QUIET_MS.most, Math.max(QUIET_MS.least, performance.now() - begunAt));
        this.#set({ query, isBusy: true, answer: { query, value, latencyMs: performance.now() - since } });
      }
      if (signal.aborted) return;
      const { answer } = this.#view;
      this.#set({ query, isBusy: false, ...(answer?.query === query ? { answer } : {}) });
    } catch (error) {
      if (!signal.aborted) this.#set({ query, isBusy: false, answer: { query, error } });
    }
    if (this.#isOutdated && !signal.aborted) this.searchAgain();
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#running?.abort();
    this.#running = undefined;
  }

  #set(view: QueryView<T>): void {
    this.#view = view;
    this.#show(view);
    this.#tellAnswered();
  }

  /** A search that ends without an answer is one, too. */
  #tellAnswered(): void {
    const { query, isBusy, answer } = this.#view;
    if (this.#isClosed || (isBusy && answer?.query !== query)) return;
    const action = this.#whenAnswered;
    this.#whenAnswered = undefined;
    action?.();
  }
}
