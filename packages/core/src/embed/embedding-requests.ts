import type { Clock } from "./clock.ts";
import type { EmbeddingsClient } from "./embeddings-client.ts";
import type { EmbeddingsAnswer } from "./embeddings-response.ts";
import type { RequestLimits } from "./request-batches.ts";
import { RequestGate } from "./request-gate.ts";
import { type FailureKind, ServiceFailure } from "./service-failure.ts";

/** Times that the same texts are sent in one request. */
const MAX_ATTEMPTS = 6;
/** The same for a service that has too much to do or is still loading its model: limits are often those of a minute. */
const MAX_ATTEMPTS_OVERLOADED = 10;
/** A failure is not followed by another attempt that would begin later than this after the first one. */
const MAX_RETRY_MS = 300_000;
/** The first wait, doubled after each attempt. */
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 30_000;

/**
 * Asks for embeddings until there is nothing else to try: requests are spaced, repeated when the failure may pass, and
 * cut in halves when they are too large for the service or for the time it has.
 *
 * Not `p-retry`: it counts attempts and doubles waits, but here the service may set the wait, the wait may be
 * everybody's, and the halves of a request that timed out go on with its time.
 */
export class EmbeddingRequests {
  readonly #client: EmbeddingsClient;
  readonly #clock: Clock;
  readonly #gate: RequestGate;
  readonly #limits: { texts: number; readonly tokens: number };

  constructor(client: EmbeddingsClient, limits: RequestLimits, delayMs: number, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
    this.#gate = new RequestGate(clock, delayMs);
    this.#limits = { ...limits };
  }

  /** For the next request: as given, or less since the service refused as much. */
  get limits(): RequestLimits {
    return this.#limits;
  }

  /** @throws ResonaError with an EMBEDDER_ code, also for a text that is too long; the signal's reason when aborted. */
  async embedOne(text: string, signal: AbortSignal): Promise<EmbeddingsAnswer> {
    try {
      return await this.#persist([text], signal, this.#clock.now());
    } catch (error) {
      throw error instanceof ServiceFailure ? error.error : error;
    }
  }

  /**
   * One vector for each text, in order; undefined for one that is too long for the service.
   *
   * @throws ResonaError with an EMBEDDER_ code; the signal's reason when it is aborted.
   */
  async embedBatch(
    texts: readonly string[],
    signal: AbortSignal,
    startedAt: number = this.#clock.now(),
  ): Promise<(Float32Array | undefined)[]> {
    try {
      return [...(await this.#persist(texts, signal, startedAt)).vectors];
    } catch (error) {
      if (!(error instanceof ServiceFailure)) throw error;
      const isTooLarge = error.kind === "too-large";
      if (isTooLarge && texts.length === 1) return [undefined];
      if (isTooLarge) return this.#inHalves(texts, signal, this.#clock.now());
      if (error.kind !== "timed-out" || texts.length === 1 || this.#isOver(startedAt)) throw error.error;
      return this.#inHalves(texts, signal, startedAt);
    }
  }

  async #inHalves(
    texts: readonly string[],
    signal: AbortSignal,
    startedAt: number,
  ): Promise<(Float32Array | undefined)[]> {
    const middle = Math.ceil(texts.length / 2);
    const first = await this.embedBatch(texts.slice(0, middle), signal, startedAt);
    const vectors = [...first, ...(await this.embedBatch(texts.slice(middle), signal))];
    // Refused as a whole, taken in parts: it was too large, not one of its texts.
    if (!vectors.includes(undefined)) this.#limits.texts = Math.min(this.#limits.texts, middle);
    return vectors;
  }

  /** Sends the same request until it is answered or nothing more can come of it. */
  async #persist(texts: readonly string[], signal: AbortSignal, startedAt: number): Promise<EmbeddingsAnswer> {
    for (let attempt = 1; ; attempt++) {
      await this.#gate.turn(signal);
      try {
        return await this.#client.embed(texts, signal);
      } catch (error) {
        if (!(error instanceof ServiceFailure)) throw error;
        const wait = Math.max(error.waitMs, this.#backOff(attempt));
        if (attempt >= maxAttempts(error.kind, texts.length) || this.#isOver(startedAt, wait)) throw error;
        if (error.kind === "overloaded") this.#gate.hold(wait);
        else await this.#clock.sleep(wait, signal);
      }
    }
  }

  #isOver(startedAt: number, wait = 0): boolean {
    return this.#clock.now() + wait - startedAt > MAX_RETRY_MS;
  }

  /** Between half and all of the wait: those who failed at one moment should not all come back at one. */
  #backOff(attempt: number): number {
    const wait = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), MAX_WAIT_MS);
    return (wait / 2) * (1 + this.#clock.random());
  }
}

function maxAttempts(kind: FailureKind, texts: number): number {
  switch (kind) {
    case "overloaded":
      return MAX_ATTEMPTS_OVERLOADED;
    case "transient":
      return MAX_ATTEMPTS;
    case "timed-out":
      // Several are better sent in smaller requests.
      return texts === 1 ? MAX_ATTEMPTS : 1;
    case "too-large":
    case "final":
      return 1;
  }
}
