import { type ErrorCode, ResonaError } from "../errors.ts";

/** So many failures one after the other may mean that it is not the texts. */
const TELLING_FAILURES = 3;

/**
 * Embeds a group of sources together. If the embedder fails on their texts, each is embedded alone, so that only those
 * fail that cannot be embedded.
 *
 * @param embed as many results as sources, in order.
 * @param fail what becomes of a source that cannot be embedded.
 * @param check rejects if the embedder cannot embed any text; called when nothing of a group could be.
 * @throws what `embed` throws if it is not about a text, or if `check` rejects.
 */
export async function embedApart<S, R>(
  group: readonly S[],
  embed: (sources: readonly S[]) => Promise<R[]>,
  fail: (source: S, error: ResonaError) => R,
  check: () => Promise<void>,
): Promise<R[]> {
  try {
    return await embed(group);
  } catch (error) {
    if (!isAboutText(error)) throw error;
    const results: R[] = [];
    let failed = 0;
    for (const [at, source] of group.entries()) {
      // A single one need not be tried again.
      const outcome = group.length === 1 ? error : await embed([source]).catch(onlyAboutText);
      if (!(outcome instanceof ResonaError)) {
        results.push(...outcome);
        continue;
      }
      failed++;
      const isTelling = failed === Math.min(TELLING_FAILURES, group.length);
      if (isTelling && failed === at + 1) await check();
      results.push(fail(source, outcome));
    }
    return results;
  }
}

const aboutText: ReadonlySet<ErrorCode> = new Set([
  "MODEL_FAILED",
  "EMBEDDER_REQUEST_REFUSED",
  "EMBEDDER_INVALID_ANSWER",
]);

/** Whether other texts may be embedded all the same. */
function isAboutText(error: unknown): error is ResonaError {
  return error instanceof ResonaError && aboutText.has(error.code);
}

function onlyAboutText(error: unknown): ResonaError {
  if (isAboutText(error)) return error;
  throw error;
}
