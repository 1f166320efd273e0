import type { Clock } from "./clock.ts";
import type { OnNotice, Waiting } from "./embedder.ts";
import type { EmbeddingsClient } from "./embeddings-client.ts";
import type { EmbeddingsAnswer } from "./embeddings-response.ts";
import type { RequestLimits } from "./request-batches.ts";
import { RequestGate } from "./request-gate.ts";
import { type FailureKind, ServiceFailure } from "./service-failure.ts";

/** How long something is tried. */
interface Patience {
  /** Times that the same texts are sent in one request. */
  readonly attempts: number;
  /** The same for a service that has too much to do or is still loading its model: limits are often those of a minute. */
  readonly attemptsOverloaded: number;
  /** The same for a single text that is not answered in time. */
  readonly attemptsTimedOut: number;
  /** A failure is not followed by another attempt that would begin later than this after the first one. */
  readonly retryMs: number;
  /** Milliseconds for a request of one text; of several, as the client has it. */
  readonly oneTextMs: number;
}

/** Enough for a model to be loaded and one text to be computed. */
const ONE_TEXT_MS = 30_000;
/** What is worth waiting for. */
const usual: Patience = {
  attempts: 6,
  attemptsOverloaded: 10,
  attemptsTimedOut: 2,
  retryMs: 300_000,
  oneTextMs: ONE_TEXT_MS,
};
/** What the caller has another way for, once it fails. */
const brief: Patience = { ...usual, attempts: 2, attemptsTimedOut: 1, oneTextMs: Number.POSITIVE_INFINITY };
/** What somebody sits and waits for. */
const question: Patience = {
  attempts: 3,
  attemptsOverloaded: 4,
  attemptsTimedOut: 1,
  retryMs: ONE_TEXT_MS,
  oneTextMs: ONE_TEXT_MS,
};

/** The first wait, doubled after each attempt. */
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 30_000;
/** Silence of the service after which that is said; twice as long after each time. */
const FIRST_NOTICE_MS = 5_000;
const MAX_NOTICE_MS = 300_000;
/** How often it is looked at. */
const LOOK_MS = 1_000;

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
  /** Requests that wait for an answer; since when there was none, and when that was said. */
  #waiting = 0;
  #silentSince = 0;
  #noticedAt = Number.NEGATIVE_INFINITY;
  #noticeMs = FIRST_NOTICE_MS;

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

  /**
   * Learns what the service is from one word.
   *
   * @throws ResonaError with an EMBEDDER_ code; the signal's reason when it is aborted.
   */
  introduce(word: string, signal: AbortSignal, { isBrief, onNotice }: Waiting = {}): Promise<EmbeddingsAnswer> {
    return this.#embedOne(word, { signal, onNotice, patience: isBrief === true ? question : usual });
  }

  /** @throws ResonaError with an EMBEDDER_ code, also for a text that is too long; the signal's reason when aborted. */
  embedQuery(text: string, signal: AbortSignal, onNotice?: OnNotice): Promise<EmbeddingsAnswer> {
    return this.#embedOne(text, { signal, onNotice, patience: question });
  }

  /**
   * One vector for each text, in order; undefined for one that is too long for the service.
   *
   * @throws ResonaError with an EMBEDDER_ code; the signal's reason when it is aborted.
   */
  embedBatch(
    texts: readonly string[],
    signal: AbortSignal,
    { isBrief = false, onNotice }: Waiting = {},
  ): Promise<(Float32Array | undefined)[]> {
    return this.#embedSome(texts, { signal, onNotice, patience: isBrief ? brief : usual }, this.#clock.now());
  }

  async #embedOne(text: string, call: Call): Promise<EmbeddingsAnswer> {
    try {
      return await this.#persist([text], call, this.#clock.now());
    } catch (error) {
      throw error instanceof ServiceFailure ? error.error : error;
    }
  }

  async #embedSome(texts: readonly string[], call: Call, startedAt: number): Promise<(Float32Array | undefined)[]> {
    try {
      return [...(await this.#persist(texts, call, startedAt)).vectors];
    } catch (error) {
      if (!(error instanceof ServiceFailure)) throw error;
      const isTooLarge = error.kind === "too-large";
      if (isTooLarge && texts.length === 1) return [undefined];
      if (isTooLarge) return this.#inHalves(texts, call, this.#clock.now());
      const isOver = isLate(this.#clock.now() - startedAt, call);
      if (error.kind !== "timed-out" || texts.length === 1 || isOver) throw error.error;
      return this.#inHalves(texts, call, startedAt);
    }
  }

  async #inHalves(texts: readonly string[], call: Call, startedAt: number): Promise<(Float32Array | undefined)[]> {
    const middle = Math.ceil(texts.length / 2);
    const first = await this.#embedSome(texts.slice(0, middle), call, startedAt);
    const vectors = [...first, ...(await this.#embedSome(texts.slice(middle), call, this.#clock.now()))];
    // Refused as a whole, taken in parts: it was too large, not one of its texts.
    if (!vectors.includes(undefined)) this.#limits.texts = Math.min(this.#limits.texts, middle);
    return vectors;
  }

  /** Sends the same request until it is answered or nothing more can come of it. */
  async #persist(texts: readonly string[], call: Call, startedAt: number): Promise<EmbeddingsAnswer> {
    const { signal, patience } = call;
    let attempt = 1;
    let failure: ServiceFailure | undefined;
    if (this.#waiting === 0) this.#silentSince = this.#clock.now();
    this.#waiting++;
    const stop = this.#clock.every(LOOK_MS, () => {
      this.#tellWaiting(call, attempt, failure && { failure, of: maxAttempts(failure.kind, texts.length, patience) });
    });
    try {
      for (; ; attempt++) {
        await this.#gate.turn(signal);
        try {
          const answer = await this.#client.embed(texts, signal, texts.length === 1 ? patience.oneTextMs : undefined);
          this.#silentSince = this.#clock.now();
          return answer;
        } catch (error) {
          if (!(error instanceof ServiceFailure)) throw error;
          failure = error;
          const wait = Math.max(error.waitMs, this.#backOff(attempt));
          const isLast = attempt >= maxAttempts(error.kind, texts.length, patience);
          if (isLast || isLate(this.#clock.now() + wait - startedAt, call)) throw error;
          if (error.kind === "overloaded") this.#gate.hold(wait);
          else await this.#clock.sleep(wait, signal);
        }
      }
    } finally {
      this.#waiting--;
      stop();
    }
  }

  /** Says once for all requests under way that nothing was answered for a time. */
  #tellWaiting(
    { onNotice }: Call,
    attempt: number,
    last: { readonly failure: ServiceFailure; readonly of: number } | undefined,
  ): void {
    const now = this.#clock.now();
    if (onNotice === undefined || now - Math.max(this.#silentSince, this.#noticedAt) < this.#noticeMs) return;
    this.#noticedAt = now;
    this.#noticeMs = Math.min(this.#noticeMs * 2, MAX_NOTICE_MS);
    const { service } = this.#client;
    const message =
      last === undefined
        ? `Waiting for the embedding service at ${service}, for ${Math.round((now - this.#silentSince) / 1_000)} seconds so far.`
        : `${last.failure.message} Waiting for ${service} (attempt ${attempt} of ${last.of}).`;
    onNotice({ type: "notice", code: "EMBEDDER_SLOW", message });
  }

  /** Between half and all of the wait: those who failed at one moment should not all come back at one. */
  #backOff(attempt: number): number {
    const wait = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), MAX_WAIT_MS);
    return (wait / 2) * (1 + this.#clock.random());
  }
}

interface Call {
  readonly signal: AbortSignal;
  readonly onNotice: OnNotice | undefined;
  readonly patience: Patience;
}

function isLate(ms: number, { patience }: Call): boolean {
  return ms > patience.retryMs;
}

function maxAttempts(kind: FailureKind, texts: number, patience: Patience): number {
  switch (kind) {
    case "overloaded":
      return patience.attemptsOverloaded;
    case "transient":
      return patience.attempts;
    case "timed-out":
      // Several are better sent in smaller requests.
      return texts === 1 ? patience.attemptsTimedOut : 1;
    case "too-large":
    case "final":
      return 1;
  }
}
