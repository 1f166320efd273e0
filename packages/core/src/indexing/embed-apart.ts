import { type ErrorCode, ResonaError } from "../errors.ts";

/** So many failures one after the other may mean that it is not the texts. */
const TELLING_FAILURES = 3;

/**
 * Embeds a group of sources together. If the embedder fails on their texts, each is embedded alone, so that only those
 * fail that cannot be embedded. Where it fails in a way that does not say whether a text is to blame or a service that is
 * down, `check` tells, and a source has failed only if it fails while others do not.
 *
 * @param embed as many results as sources, in order.
 * @param fail what becomes of a source that cannot be embedded.
 * @param check rejects if the embedder cannot embed any text, for some time; called when it is in doubt, and when nothing
 * of a group could be embedded.
 * @throws what `embed` throws if it cannot be about a text; what `check` rejects with.
 */
export async function embedApart<S, R>(
  group: readonly S[],
  embed: (sources: readonly S[]) => Promise<R[]>,
  fail: (source: S, error: ResonaError) => R,
  check: () => Promise<void>,
): Promise<R[]> {
  const together = await attempt(group, embed, check);
  if (!(together instanceof ResonaError)) return together;
  const results: R[] = [];
  let failed = 0;
  for (const [at, source] of group.entries()) {
    // A single one need not be tried again.
    const outcome = group.length === 1 ? together : await attempt([source], embed, check);
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

/** The results, or what is wrong with the texts. */
async function attempt<S, R>(
  sources: readonly S[],
  embed: (sources: readonly S[]) => Promise<R[]>,
  check: () => Promise<void>,
): Promise<R[] | ResonaError> {
  const outcome = await embed(sources).catch(onlyMayBeAboutText);
  if (!(outcome instanceof ResonaError) || isAboutText(outcome)) return outcome;
  await check();
  // It was down, perhaps, and is not any more. To be kept waiting twice as long would tell no more.
  return outcome.code === "EMBEDDER_TIMED_OUT" ? outcome : embed(sources).catch(onlyMayBeAboutText);
}

const aboutText: ReadonlySet<ErrorCode> = new Set([
  "MODEL_FAILED",
  "EMBEDDER_REQUEST_REFUSED",
  "EMBEDDER_INVALID_ANSWER",
]);

/** What a service that is down says, and one that a text brings down. */
const inDoubt: ReadonlySet<ErrorCode> = new Set(["EMBEDDER_FAILED", "EMBEDDER_UNREACHABLE", "EMBEDDER_TIMED_OUT"]);

/** Whether other texts may be embedded all the same. */
function isAboutText({ code }: ResonaError): boolean {
  return aboutText.has(code);
}

function onlyMayBeAboutText(error: unknown): ResonaError {
  if (error instanceof ResonaError && (isAboutText(error) || inDoubt.has(error.code))) return error;
  throw error;
}
