import { expect, it } from "vitest";

import { keyEnvironment, keyName } from "./embedding-key.ts";

const stored = new Map([[keyName("https://api.example.com/v1") ?? "", "secret"]]);
const secrets = { get: async (name: string) => stored.get(name) };

it("gives a key to the service that it is for, whatever path of it is used", async () => {
  for (const url of ["https://api.example.com/v1", "https://api.example.com/v2/", "https://API.example.com:443"])
    expect(await keyEnvironment(secrets, url)).toEqual({ RESONA_EMBEDDING_KEY: "secret" });
});

it("gives it to nobody else", async () => {
  for (const url of ["http://api.example.com/v1", "https://example.com", "https://api.example.com:8443", "no address"])
    expect(await keyEnvironment(secrets, url)).toEqual({});
  expect(await keyEnvironment(secrets, undefined)).toEqual({});
});
