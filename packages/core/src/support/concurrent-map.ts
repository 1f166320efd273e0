/**
 * Maps a stream with at most `limit` items in flight, and yields results in the order of the source. The source is
 * pulled only as fast as results are taken, so memory is bounded by `limit` items and results.
 *
 * The first error, from the source or from `work`, ends the stream after the results of all items before it. However it
 * ends, nothing is in flight any more when it has (which `p-map`'s iterable does not promise), so that what `work` uses
 * can be closed.
 */
export async function* concurrentMap<T, R>(
  source: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const inFlight: Promise<R>[] = [];
  let failure: { readonly error: unknown } | undefined;
  const items = endingAtError(source, (error) => {
    failure = { error };
  });
  try {
    for await (const item of items) {
      const result = work(item);
      // An error is thrown when its turn comes; until then it must not count as unhandled.
      result.catch(() => undefined);
      inFlight.push(result);
      const [oldest] = inFlight;
      if (oldest && inFlight.length >= limit) {
        yield await oldest;
        void inFlight.shift();
      }
    }
    for (const result of inFlight) yield await result;
    if (failure) throw failure.error;
  } finally {
    await Promise.allSettled(inFlight);
  }
}

/** A stream that ends where the source fails, so that what came before can be dealt with first. */
export async function* endingAtError<T>(
  source: AsyncIterable<T> | Iterable<T>,
  onError: (error: unknown) => void,
): AsyncGenerator<T> {
  try {
    yield* source;
  } catch (error) {
    onError(error);
  }
}
