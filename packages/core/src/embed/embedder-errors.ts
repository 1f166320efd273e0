import { type ErrorCode, ResonaError } from "../errors.ts";

/** What can go wrong with an embedding service. `service` is the origin of its address. */
const catalogue = {
  EMBEDDER_URL_INVALID: {
    message: (d: { detail: string }) => `The address of the embedding service ${d.detail}.`,
    nextStep: () => "Give an address like http://localhost:11434/v1.",
  },
  EMBEDDER_CONSENT_MISSING: {
    message: (d: { service: string }) =>
      `Embedding with ${d.service} would send texts away from this machine and its network, to which nobody has agreed.`,
    nextStep: () => "Agree with --remote-embedding, or use a model or a service on this machine.",
  },
  EMBEDDER_KEY_INVALID: {
    message: () => "The key of the embedding service has characters that no key can have.",
    nextStep: () => "Check RESONA_EMBEDDING_KEY for spaces and line breaks.",
  },
  EMBEDDER_KEY_UNPROTECTED: {
    message: (d: { service: string }) => `The key of the embedding service would travel to ${d.service} unencrypted.`,
    nextStep: () => "Use an https:// address, or unset RESONA_EMBEDDING_KEY if the service needs no key.",
  },
  EMBEDDER_UNREACHABLE: {
    message: (d: { service: string; detail: string }) =>
      `The embedding service at ${d.service} cannot be reached: ${d.detail}.`,
    nextStep: () => "Check its address and that it is running; what was indexed stays.",
  },
  EMBEDDER_TIMED_OUT: {
    message: (d: { service: string; seconds: number }) =>
      `The embedding service at ${d.service} did not answer within ${d.seconds} seconds.`,
    nextStep: () => "Check how busy it is and run the command again; what was indexed stays.",
  },
  EMBEDDER_REFUSED: {
    message: (d: { service: string; status: number; detail: string; hasKey: boolean }) =>
      `The embedding service at ${d.service} refuses access (${d.status})${afterColon(d.detail)}.`,
    nextStep: (d: { hasKey: boolean }): string =>
      d.hasKey ? "Check the key, for example in RESONA_EMBEDDING_KEY." : "Set RESONA_EMBEDDING_KEY to its key.",
  },
  EMBEDDER_MODEL_NOT_FOUND: {
    message: (d: { service: string; model: string | undefined; detail: string }) =>
      `The embedding service at ${d.service} has no model ${d.model ?? "to embed with"}${afterColon(d.detail)}.`,
    nextStep: () => "Check the model's name, or have the service load it first.",
  },
  EMBEDDER_ENDPOINT_NOT_FOUND: {
    message: (d: { url: string; detail: string }) =>
      `Nothing at ${d.url} embeds in the way of OpenAI${afterColon(d.detail)}.`,
    nextStep: () => "Check the address; it usually ends in /v1.",
  },
  EMBEDDER_REDIRECTED: {
    message: (d: { service: string; target: string }) =>
      `The embedding service at ${d.service} sends requests on to ${d.target}; nothing was sent there.`,
    nextStep: () => "Give the address of the service itself.",
  },
  EMBEDDER_RATE_LIMITED: {
    message: (d: { service: string; detail: string; waitSeconds: number }) =>
      `The embedding service at ${d.service} takes no more requests${
        d.waitSeconds === 0 ? "" : ` for ${d.waitSeconds} seconds`
      }${afterColon(d.detail)}.`,
    nextStep: () =>
      "Run the command again later, perhaps with a longer RESONA_RATE_LIMIT_DELAY; what was indexed stays.",
  },
  EMBEDDER_FAILED: {
    message: (d: { service: string; status: number; detail: string }) =>
      `The embedding service at ${d.service} failed (${d.status})${afterColon(d.detail)}.`,
    nextStep: () => "Look into its log and run the command again; what was indexed stays.",
  },
  EMBEDDER_REQUEST_REFUSED: {
    message: (d: { service: string; status: number; detail: string }) =>
      `The embedding service at ${d.service} refuses the request (${d.status})${afterColon(d.detail)}.`,
    nextStep: () => "Check that the model is one for embedding and that its limits are those of the service.",
  },
  EMBEDDER_INVALID_ANSWER: {
    message: (d: { service: string; detail: string }) =>
      `The answer of the embedding service at ${d.service} cannot be used: ${d.detail}.`,
    nextStep: () => "Check the address and the model; nothing of that answer was stored.",
  },
  EMBEDDER_DIMENSION_CHANGED: {
    message: (d: { service: string; expected: number; found: number }) =>
      `The embedding service at ${d.service} gives vectors of ${d.found} numbers instead of ${d.expected}.`,
    nextStep: () => "If its model was replaced, build the index anew with `resona index --rebuild`.",
  },
  EMBEDDER_MODEL_CHANGED: {
    message: (d: { service: string; expected: string; found: string }) =>
      `The embedding service at ${d.service} answers with the model ${d.found} instead of ${d.expected}.`,
    nextStep: () => "Run the command again, and name the model so that the service cannot choose another.",
  },
} as const;

type Catalogue = typeof catalogue;
type EmbedderErrorCode = keyof Catalogue;
type Details<C extends EmbedderErrorCode> = Parameters<Catalogue[C]["message"]>[0];

/**
 * Builds the error of a code. It never has a cause: what `fetch` throws can hold what the service sent, and that may be
 * the key.
 */
export function embedderError<C extends EmbedderErrorCode>(code: C, details: Details<C>): ResonaError {
  const { message, nextStep } = catalogue[code] as Record<"message" | "nextStep", (details: Details<C>) => string>;
  return new ResonaError(code as string as ErrorCode, message(details), nextStep(details));
}

function afterColon(detail: string): string {
  return detail === "" ? "" : `: ${detail}`;
}
