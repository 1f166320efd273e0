import { expect, it } from "vitest";

import { keyEnvironment, keyName, originOf, storedKey } from "./embedding-key.ts";
import type { EmbeddingService } from "./embedding-service.ts";

const stored = new Map([[keyName("https://api.example.com"), "secret"]]);
const secrets = { get: async (name: string) => stored.get(name) };
const named = (url: string, namedBy: EmbeddingService["namedBy"] = "user"): EmbeddingService => ({ url, namedBy });

it("has the key of a service for whatever path of it is used, and whoever has named it", async () => {
  for (const url of ["https://api.example.com/v1", "https://api.example.com/v2/", "https://API.example.com:443"])
    for (const by of ["user", "folder", "index"] as const)
      expect(await storedKey(secrets, named(url, by))).toBe("secret");
});

it("has it for nobody else", async () => {
  for (const url of ["http://api.example.com/v1", "https://example.com", "https://api.example.com:8443", "no address"])
    expect(await storedKey(secrets, named(url))).toBeUndefined();
  expect(await storedKey(secrets, undefined)).toBeUndefined();
  expect(originOf("no address")).toBeUndefined();
});

it("leaves the key of the environment to a service that the user has named, and to no other", () => {
  const url = "https://api.example.com/v1";
  expect(keyEnvironment(undefined, named(url))).toEqual({});
  for (const service of [named(url, "folder"), named(url, "index"), undefined])
    expect(Object.entries(keyEnvironment(undefined, service))).toEqual([["RESONA_EMBEDDING_KEY", undefined]]);
  expect(keyEnvironment("secret", named(url, "folder"))).toEqual({ RESONA_EMBEDDING_KEY: "secret" });
});
