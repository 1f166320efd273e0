/**
 * Maps a stream with at most `limit` items in flight, and yields results in the order of the source. The source is
 * pulled only as fast as results are taken, so memory is bounded by `limit` items and results.
 *
 * The first error, from the source or from `work`, ends the stream after the results of all items before it and of
 * those after it that were in flight already: what is done is not thrown away. However it ends, nothing is in flight any more when it has (which `p-map`'s iterable does not promise), so that what `work` uses
 * can be closed.
 */
export async function* concurrentMap<T, R>(
  source: AsyncIterable<T> | Iterable<T>,
  limit: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const inFlight: Promise<R>[] = [];
  let failure: { readonly error: unknown } | undefined;
  let failureOfSource: { readonly error: unknown } | undefined;
  const items = endingAtError(source, (error) => {
    failureOfSource = { error };
  });
  const settle = async (result: Promise<R>): Promise<{ readonly value: R } | undefined> => {
    try {
      return { value: await result };
    } catch (error) {
      failure ??= { error };
      return undefined;
    }
  };
  try {
    for await (const item of items) {
      const result = work(item);
      // An error is thrown when its turn comes; until then it must not count as unhandled.
      result.catch(() => undefined);
      inFlight.push(result);
      const [oldest] = inFlight;
      if (oldest && inFlight.length >= limit) {
        const settled = await settle(oldest);
        void inFlight.shift();
        if (!settled) break;
        yield settled.value;
      }
    }
    for (const result of inFlight) {
      const settled = await settle(result);
      if (settled) yield settled.value;
    }
    failure ??= failureOfSource;
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
