import { describe, expect, it } from "vitest";

import { type FailureKind, failureOfRefusal, serverWords } from "./service-failure.ts";

const refusal = (status: number, body: unknown, waitMs?: number) =>
  failureOfRefusal({
    service: "http://localhost:1",
    url: "http://localhost:1/v1/embeddings",
    model: "m",
    hasKey: false,
    status,
    words: serverWords(typeof body === "string" ? body : JSON.stringify(body), undefined),
    waitMs,
  });

const openAi = (message: string, code: string | null = null) => ({
  error: { message, type: "invalid_request_error", param: null, code },
});

describe("a refusal of an embedding service", () => {
  it.each<[string, number, unknown]>([
    ["OpenAI, a text", 400, openAi("Invalid 'input[0]': maximum input length is 8192 tokens.")],
    [
      "OpenAI, an older one",
      400,
      openAi(
        "This model's maximum context length is 8192 tokens, however you requested 10000 tokens (10000 in your prompt; 0 for the completion). Please reduce your prompt; or completion length.",
      ),
    ],
    [
      "OpenAI, all texts",
      400,
      openAi("Requested 375000 tokens, max 300000 tokens per request", "max_tokens_per_request"),
    ],
    [
      "OpenAI, their number",
      400,
      openAi(
        "Invalid 'input': array too long. Expected an array with maximum length 2048, but got an array with length 3000 instead.",
        "array_above_max_length",
      ),
    ],
    [
      "OpenAI, for its limit of a minute",
      429,
      openAi(
        "Request too large for text-embedding-3-small on tokens per min (TPM): Limit 40000, Requested 50000.",
        "rate_limit_exceeded",
      ),
    ],
    [
      "vLLM",
      400,
      {
        object: "error",
        message:
          "This model's maximum context length is 512 tokens. However, you requested 700 tokens in the input for embedding generation. Please reduce the length of the input.",
        type: "BadRequestError",
        param: null,
        code: 400,
      },
    ],
    [
      "llama.cpp, its batch",
      500,
      {
        error: {
          code: 500,
          message:
            "input (548 tokens) is too large to process. increase the physical batch size (current batch size: 512)",
          type: "server_error",
        },
      },
    ],
    [
      "llama.cpp, its context",
      400,
      {
        error: {
          code: 400,
          message: "the request exceeds the available context size, try increasing it",
          type: "exceed_context_size_error",
        },
      },
    ],
    [
      "TEI, a text",
      413,
      {
        message: "Input validation error: `inputs` must have less than 512 tokens. Given: 700",
        code: 413,
        type: "Validation",
      },
    ],
    ["TEI, their number", 422, { error: "batch size 64 > maximum allowed batch size 32", error_type: "Validation" }],
    ["Ollama", 400, openAi("the input length exceeds the context length")],
    ["a proxy", 413, "<html><head><title>413 Request Entity Too Large</title></head></html>"],
    ["nobody knows", 413, ""],
  ])("is of size: %s", (_service, status, body) => {
    expect(refusal(status, body)).toMatchObject({ kind: "too-large" });
  });

  it.each<[number, unknown, FailureKind, string]>([
    [400, openAi("you must provide a model parameter"), "final", "EMBEDDER_REQUEST_REFUSED"],
    [400, openAi("'$.input' is invalid. Please check the API reference."), "final", "EMBEDDER_REQUEST_REFUSED"],
    [401, openAi("Incorrect API key provided", "invalid_api_key"), "final", "EMBEDDER_REFUSED"],
    [403, "Forbidden", "final", "EMBEDDER_REFUSED"],
    [404, openAi('model "nomic" not found, try pulling it first'), "final", "EMBEDDER_MODEL_NOT_FOUND"],
    [
      404,
      openAi("The model `x` does not exist or you do not have access to it.", "model_not_found"),
      "final",
      "EMBEDDER_MODEL_NOT_FOUND",
    ],
    [404, { detail: "Not Found" }, "final", "EMBEDDER_ENDPOINT_NOT_FOUND"],
    [404, "404 page not found", "final", "EMBEDDER_ENDPOINT_NOT_FOUND"],
    [405, "", "final", "EMBEDDER_REQUEST_REFUSED"],
    [
      422,
      { detail: [{ type: "missing", loc: ["body", "model"], msg: "Field required", input: {} }] },
      "final",
      "EMBEDDER_REQUEST_REFUSED",
    ],
    [424, { message: "unhandled backend error", code: 424, type: "Backend" }, "final", "EMBEDDER_REQUEST_REFUSED"],
    [
      429,
      openAi(
        "Rate limit reached for text-embedding-3-small in organization org on tokens per min (TPM): Limit 1000000, Used 979880, Requested 30000. Please try again in 591ms.",
        "rate_limit_exceeded",
      ),
      "overloaded",
      "EMBEDDER_RATE_LIMITED",
    ],
    [
      429,
      openAi("You exceeded your current quota, please check your plan and billing details.", "insufficient_quota"),
      "overloaded",
      "EMBEDDER_RATE_LIMITED",
    ],
    [429, { message: "Model is overloaded", code: 429, type: "Overloaded" }, "overloaded", "EMBEDDER_RATE_LIMITED"],
    [500, openAi("llama runner process has terminated"), "transient", "EMBEDDER_FAILED"],
    [
      501,
      {
        error: {
          code: 501,
          message: "This server does not support embeddings. Start it with `--embeddings`",
          type: "not_supported_error",
        },
      },
      "final",
      "EMBEDDER_REQUEST_REFUSED",
    ],
    [502, "<html><body>Bad Gateway</body></html>", "transient", "EMBEDDER_FAILED"],
    [
      503,
      { error: { code: 503, message: "Loading model", type: "unavailable_error" } },
      "overloaded",
      "EMBEDDER_FAILED",
    ],
    [504, "", "transient", "EMBEDDER_FAILED"],
  ])("%i %j is %s", (status, body, kind, code) => {
    expect(refusal(status, body)).toMatchObject({ kind, error: { code } });
  });

  it("carries how long the service wants to be left alone", () => {
    expect(refusal(429, "", 2_500)).toMatchObject({
      waitMs: 2_500,
      message: "The embedding service at http://localhost:1 takes no more requests for 3 seconds.",
    });
    expect(refusal(500, "", 2_500)).toMatchObject({ kind: "overloaded", waitMs: 2_500 });
    expect(refusal(500, "")).toMatchObject({ kind: "transient", waitMs: 0 });
  });
});

describe("the words of an embedding service", () => {
  it.each<[unknown, string]>([
    [{ error: { message: "No." } }, "No"],
    [{ error: "No" }, "No"],
    [{ message: "No", code: 1 }, "No"],
    [{ detail: "No" }, "No"],
    [{ detail: [{ msg: "No", input: "the whole text" }] }, "No"],
    ["<html><style>b { color: red }</style><h1>Bad\n\n<b>Gateway</b></h1>", "Bad Gateway"],
    ["plain\tno..", "plain no"],
    [{ code: 1 }, ""],
    [[], ""],
    ["", ""],
  ])("%j are %j", (body, detail) => {
    expect(serverWords(typeof body === "string" ? body : JSON.stringify(body), undefined).detail).toBe(detail);
  });

  it("are one line of bounded length that cannot write to a terminal", () => {
    const { detail } = serverWords(`\u001B[31mred\u0007\u202E\r\n${"long ".repeat(1_000)}`, undefined);
    expect(detail).toMatch(/^\[31mred long /);
    expect(detail).toHaveLength(301);
  });

  it("never repeat the key", () => {
    const { detail } = serverWords(
      JSON.stringify({ error: { message: "Bad key sk-1.a$& and sk-1.a$&!" } }),
      "sk-1.a$&",
    );
    expect(detail).toBe("Bad key [key] and [key]!");
  });
});
