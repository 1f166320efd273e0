import type { ResonaError } from "../errors.ts";
import { embedderError } from "./embedder-errors.ts";

/**
 * What can be done about a request that brought no vectors: send its texts in smaller requests ("too-large"), the same
 * or, with several texts, smaller ones ("timed-out"), send it again later ("transient"), send nothing at all for a
 * while ("overloaded"), or nothing ("final").
 */
export type FailureKind = "too-large" | "timed-out" | "transient" | "overloaded" | "final";

/** Why a request brought no vectors. */
export class ServiceFailure extends Error {
  readonly kind: FailureKind;
  /** What the user is told if nothing helps. */
  readonly error: ResonaError;
  /** Milliseconds that the service asks to wait, 0 if it does not. */
  readonly waitMs: number;

  constructor(kind: FailureKind, error: ResonaError, waitMs = 0) {
    super(error.message);
    this.kind = kind;
    this.error = error;
    this.waitMs = waitMs;
  }
}

/** An answer that says no. */
export interface Refusal {
  readonly service: string;
  readonly url: string;
  readonly model: string | undefined;
  readonly hasKey: boolean;
  readonly status: number;
  /** What the service says, as {@link serverWords} gives it. */
  readonly words: ServerWords;
  readonly waitMs: number | undefined;
}

export interface ServerWords {
  /** Fit for a message: one line, without a full stop, of bounded length. */
  readonly detail: string;
  /** The beginning of what it says with its codes, to be looked into but not shown. */
  readonly signs: string;
}

/** Characters of a service's own words in a message. */
const MAX_DETAIL_CHARS = 300;
/** Characters of them that are looked into. */
const MAX_CHARS_READ = 4_000;

/**
 * How services say that a request, or a text of it, is too large: OpenAI "maximum input length is 8192 tokens", "max
 * 300000 tokens per request", "array too long"; vLLM "maximum context length is 512 tokens"; llama.cpp "input is too
 * large to process" (500), "exceeds the available context size"; TEI "`inputs` must have less than 512 tokens", "batch
 * size 64 > maximum allowed batch size 32"; Ollama "the input length exceeds the context length". Codes are OpenAI's
 * and llama.cpp's.
 */
const ofSize =
  /too (?:long|large|many (?:tokens|inputs))|max(?:imum)? (?:context|input|sequence|model)|max(?:imum)? \d+ tokens per request|maximum allowed batch size|must have less than \d+ tokens|exceeds? (?:the )?(?:maximum |available |model'?s? )?(?:context|batch|input|sequence|token)|reduce the length|context_length_exceeded|exceed_context_size|max_tokens_per_request|above_max_length/i;
/** Statuses with which they say it; 413 says nothing else. */
const statusesOfSize: ReadonlySet<number> = new Set([400, 422, 429, 500]);
/** Errors of a server (5xx) that it will give again. */
const lasting: ReadonlySet<number> = new Set([501, 505]);

/** What an answer with an error status means. */
export function failureOfRefusal(refusal: Refusal): ServiceFailure {
  const { service, url, model, hasKey, status, words, waitMs } = refusal;
  const { detail, signs } = words;
  const isOfSize = statusesOfSize.has(status) && ofSize.test(signs);
  if (status === 413 || isOfSize)
    return new ServiceFailure("too-large", embedderError("EMBEDDER_REQUEST_REFUSED", { service, status, detail }));
  if (status === 401 || status === 403)
    return new ServiceFailure("final", embedderError("EMBEDDER_REFUSED", { service, status, detail, hasKey }));
  if (status === 404) {
    const error = /model/i.test(signs)
      ? embedderError("EMBEDDER_MODEL_NOT_FOUND", { service, model, detail })
      : embedderError("EMBEDDER_ENDPOINT_NOT_FOUND", { url, detail });
    return new ServiceFailure("final", error);
  }
  if (status === 429) {
    const waitSeconds = Math.ceil((waitMs ?? 0) / 1_000);
    const error = embedderError("EMBEDDER_RATE_LIMITED", { service, detail, waitSeconds });
    return new ServiceFailure("overloaded", error, waitMs);
  }
  if (status >= 500 && !lasting.has(status)) {
    const kind = status === 503 || waitMs !== undefined ? "overloaded" : "transient";
    return new ServiceFailure(kind, embedderError("EMBEDDER_FAILED", { service, status, detail }), waitMs);
  }
  return new ServiceFailure("final", embedderError("EMBEDDER_REQUEST_REFUSED", { service, status, detail }));
}

/**
 * Finds the sentence in the body of an error: `{ error: { message } }` (OpenAI, Ollama, llama.cpp, vLLM),
 * `{ message }` (TEI, older vLLM), `{ error: "…" }`, `{ detail: "…" }` or `{ detail: [{ msg }] }` (FastAPI), or a page.
 *
 * @param secret is not repeated, even if the service does.
 */
export function serverWords(body: string, secret: string | undefined): ServerWords {
  const json = parseJson(body);
  const parsed = field(json);
  const error = field(parsed["error"]);
  const details: unknown = parsed["detail"];
  const said = [
    error["message"],
    parsed["error"],
    parsed["message"],
    details,
    field(Array.isArray(details) ? details[0] : undefined)["msg"],
    json === undefined ? withoutTags(without(secret, body).slice(0, MAX_CHARS_READ)) : json,
  ].find((candidate) => typeof candidate === "string");
  const codes = [error["code"], error["type"], parsed["code"], parsed["type"], parsed["error_type"]];
  return {
    detail: plainWords(said ?? "", secret),
    signs: [said?.slice(0, MAX_CHARS_READ), ...codes.filter((code) => typeof code === "string")].join(" "),
  };
}

/** One line of bounded length without the secret, control characters and a full stop. */
export function plainWords(text: string, secret: string | undefined): string {
  const line = without(secret, text)
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  return line.length > MAX_DETAIL_CHARS
    ? `${line.slice(0, MAX_DETAIL_CHARS).toWellFormed()}…`
    : line.replace(/\.+$/, "");
}

function without(secret: string | undefined, text: string): string {
  return secret === undefined ? text : text.replaceAll(secret, "[key]");
}

/** The words of a page of a proxy or a web server. */
function withoutTags(page: string): string {
  return page.replaceAll(/<(style|script)\b.*?<\/\1>|<[^>]*>/gis, " ");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
