import { inspect } from "node:util";

import { describe, expect, it } from "vitest";

import { embeddingEndpoint, embeddingKey } from "./embedding-endpoint.ts";

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

const openAi = embeddingEndpoint("https://api.openai.com");

describe("the address of an embedding service", () => {
  it.each([
    ["http://localhost:11434", "http://localhost:11434/v1/embeddings"],
    ["http://localhost:11434/", "http://localhost:11434/v1/embeddings"],
    ["http://localhost:11434/v1", "http://localhost:11434/v1/embeddings"],
    [" http://localhost:11434/v1// ", "http://localhost:11434/v1/embeddings"],
    ["http://localhost:8080/v1/embeddings", "http://localhost:8080/v1/embeddings"],
    ["http://localhost:8080/embeddings/", "http://localhost:8080/embeddings/"],
    ["https://api.openai.com/v1", "https://api.openai.com/v1/embeddings"],
    ["https://openrouter.ai/api/v1", "https://openrouter.ai/api/v1/embeddings"],
    ["https://gateway.example/team/openai", "https://gateway.example/team/openai/v1/embeddings"],
    ["HTTPS://Gateway.Example:443/V3", "https://gateway.example/V3/v1/embeddings"],
  ])("%s asks at %s", (address, url) => {
    expect(embeddingEndpoint(address).url).toBe(url);
  });

  it.each([
    "localhost:11434",
    "",
    "no url",
    "ftp://localhost/v1",
    "file:///etc/passwd",
    "unix:/run/ollama.sock",
    "http://me:hunter2@localhost/v1",
    "http://hunter2@localhost/v1",
    "http://localhost/v1?key=hunter2",
    "http://localhost/v1#hunter2",
    "https://hunter2:@[::1]:80:80/",
  ])("is refused without repeating it: %j", (address) => {
    const error = thrownBy(() => embeddingEndpoint(address));
    expect(error).toMatchObject({ code: "EMBEDDER_URL_INVALID" });
    expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("hunter2");
  });

  it.each([
    "http://localhost:1/",
    "http://LOCALHOST./",
    "http://api.localhost/",
    "http://127.0.0.1/",
    "http://127.255.0.9/",
    "http://0x7f.1/",
    "http://2130706433/",
    "http://[::1]:8080/",
    "http://[::ffff:127.0.0.1]/",
    "http://nas.local/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.178.20:11434/",
    "http://[fd12:3456::1]/",
  ])("is local: %s", (address) => {
    expect(embeddingEndpoint(address).isLocal).toBe(true);
  });

  it.each([
    "https://api.openai.com/",
    "http://localhost.example.com/",
    "http://notlocalhost/",
    "http://127.0.0.1.example.com/",
    "http://local/",
    "http://evil-local/",
    "http://gpu-server/",
    "http://8.8.8.8/",
    "http://172.15.0.1/",
    "http://172.32.0.1/",
    "http://192.169.0.1/",
    "http://11.0.0.1/",
    "http://169.254.169.254/",
    "http://[2001:db8::1]/",
    "http://[::ffff:8.8.8.8]/",
  ])("is not local: %s", (address) => {
    expect(embeddingEndpoint(address).isLocal).toBe(false);
  });
});

describe("the key of an embedding service", () => {
  const env = { RESONA_EMBEDDING_KEY: "own", OPENAI_API_KEY: "openai" };

  it("is the caller's, else the one for Resona, else for OpenAI alone the one for OpenAI", () => {
    expect(embeddingKey(openAi, "given", env)).toBe("given");
    expect(embeddingKey(openAi, undefined, env)).toBe("own");
    expect(embeddingKey(openAi, undefined, { OPENAI_API_KEY: "openai" })).toBe("openai");
    for (const elsewhere of [
      "http://localhost:11434",
      "https://api.openai.com.example.org",
      "https://eu.api.openai.com",
      "https://example.org/api.openai.com",
    ])
      expect(embeddingKey(embeddingEndpoint(elsewhere), undefined, { OPENAI_API_KEY: "openai" })).toBeUndefined();
  });

  it("may have white space around it, as files have, and may be none", () => {
    expect(embeddingKey(openAi, "given\n", {})).toBe("given");
    expect(embeddingKey(openAi, "", { RESONA_EMBEDDING_KEY: " ", OPENAI_API_KEY: "openai" })).toBe("openai");
    expect(embeddingKey(openAi, undefined, {})).toBeUndefined();
  });

  it("is refused if no header can hold it, without showing it", () => {
    for (const key of ["two\nlines", "two words", "schlüssel", "\u{1F511}"]) {
      const thrown = thrownBy(() => embeddingKey(openAi, key, {}));
      expect(thrown).toMatchObject({ code: "EMBEDDER_KEY_INVALID" });
      expect(inspect(thrown)).not.toContain(key);
    }
  });

  it("does not travel unencrypted beyond the local network", () => {
    const remote = embeddingEndpoint("http://embeddings.example/v1");
    expect(() => embeddingKey(remote, "given", {})).toThrow(
      expect.objectContaining({ code: "EMBEDDER_KEY_UNPROTECTED" }),
    );
    expect(embeddingKey(remote, undefined, {})).toBeUndefined();
    expect(embeddingKey(embeddingEndpoint("http://192.168.0.2/v1"), "given", {})).toBe("given");
  });
});
