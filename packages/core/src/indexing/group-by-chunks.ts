import { endingAtError } from "../support/concurrent-map.ts";

/** What becomes chunks, and whose chunks are written together. */
interface ChunkedSource {
  /** Undefined when there is nothing to embed. */
  readonly chunks?: readonly unknown[] | undefined;
}

/** Chunks embedded together. */
export const CHUNKS_PER_GROUP = 128;
/** Groups being embedded: enough for a model's threads to have work while one is gathered and another committed. */
export const GROUPS_IN_FLIGHT = 4;
/** Sources without chunks wait no longer than this many. */
const SOURCES_PER_GROUP = 256;

/**
 * Gathers sources until they have about as many chunks as are embedded together; a source is never divided, so one with
 * more is a group of its own or ends one. Order is kept. If the source fails, what came before is given first.
 */
export async function* groupByChunks<T extends ChunkedSource>(
  sources: AsyncIterable<T>,
  chunksPerGroup: number = CHUNKS_PER_GROUP,
): AsyncGenerator<readonly T[]> {
  let group: T[] = [];
  let chunks = 0;
  let failure: { readonly error: unknown } | undefined;
  const untilError = endingAtError(sources, (error) => {
    failure = { error };
  });
  for await (const source of untilError) {
    const more = source.chunks?.length ?? 0;
    if (group.length > 0 && chunks + more > chunksPerGroup) {
      yield group;
      group = [];
      chunks = 0;
    }
    group.push(source);
    chunks += more;
    if (chunks < chunksPerGroup && group.length < SOURCES_PER_GROUP) continue;
    yield group;
    group = [];
    chunks = 0;
  }
  if (group.length > 0) yield group;
  if (failure) throw failure.error;
}
