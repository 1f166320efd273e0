import { expect, it, onTestFinished } from "vitest";

import { startEmbeddingServer } from "../../../../packages/core/test/embedding-server.ts";
import { clientOf } from "../testing/engine.ts";
import { temporaryFolder, workspaceOf } from "../testing/workspace.ts";
import { keyEnvironment } from "./embedding-key.ts";
import { embeddingService, indexedServiceUrl, untrustedOptions } from "./embedding-service.ts";

const [url, other] = ["https://api.example.com/v1", "https://example.org/v1"];

it("knows which service an engine uses, and who has named it", () => {
  expect(embeddingService({ embeddingUrl: url }, {}, url, other)).toEqual({ url, namedBy: "user" });
  expect(embeddingService({ embeddingUrl: url }, {}, other, other)).toEqual({ url, namedBy: "folder" });
  const environment = { RESONA_EMBEDDING_URL: url, RESONA_MODEL: "/m.gguf" };
  expect(embeddingService({}, environment, undefined, other)).toEqual({ url, namedBy: "user" });
  expect(embeddingService({}, {}, undefined, url)).toEqual({ url, namedBy: "index" });
});

it("knows that an engine with a model uses none", () => {
  expect(embeddingService({ model: "built-in" }, { RESONA_EMBEDDING_URL: url }, undefined, url)).toBeUndefined();
  expect(embeddingService({}, { RESONA_MODEL: "/m.gguf" }, undefined, url)).toBeUndefined();
  expect(embeddingService({}, { RESONA_EMBEDDING_URL: "" }, undefined, undefined)).toBeUndefined();
});

it("leaves the model of a folder that is not trusted to the user", () => {
  expect(untrustedOptions({ chunkChars: 500 }, {})).toEqual({ chunkChars: 500, model: "built-in" });
  expect(untrustedOptions({}, { RESONA_MODEL: "", RESONA_EMBEDDING_URL: "" })).toEqual({ model: "built-in" });
  for (const options of [{ model: "/m.gguf" }, { embeddingUrl: url }])
    expect(untrustedOptions(options, {})).toEqual(options);
  for (const environment of [{ RESONA_MODEL: "/m.gguf" }, { RESONA_EMBEDDING_URL: url }])
    expect(untrustedOptions({}, environment)).toEqual({});
});

/** A workspace whose index was made with a service, and the keys of the requests that come from now on. */
async function indexedWithService() {
  const server = await startEmbeddingServer();
  const workspace = await workspaceOf({ "a.md": "# Apples\n" });
  const { client } = clientOf(workspace, { options: { embeddingUrl: server.url } });
  const { indexPath } = await client.index().then(() => client.stats());
  await client.dispose();
  const before = server.requests.length;
  const keys = () => server.requests.slice(before).map(({ headers }) => headers.authorization);
  return { server, workspace, indexPath, keys };
}

it("reads the address of the service from an index", async () => {
  const { server, indexPath } = await indexedWithService();
  expect(await indexedServiceUrl(indexPath)).toBe(server.url);
  expect(await indexedServiceUrl(await temporaryFolder())).toBeUndefined();
  for (const text of ["no JSON", "null", "[]", '{"model":7}', '{"model":{"url":7}}'])
    expect(await indexedServiceUrl(await workspaceOf({ "index.json": text }))).toBeUndefined();
});

it("sends nothing to a service that only the index of an untrusted folder names", async () => {
  const { workspace, keys } = await indexedWithService();
  const untrusted = clientOf(workspace, { options: untrustedOptions({}, {}) }).client;
  await expect(untrusted.search("apples")).rejects.toMatchObject({ code: "INDEX_OUTDATED" });
  await untrusted.getDiagnostics({ deep: true });
  await untrusted.index();
  expect((await untrusted.search("apples")).hits).toHaveLength(1);
  expect(keys()).toEqual([]);
});

it("keeps the editor's own key from a service that the index names", async () => {
  process.env["RESONA_EMBEDDING_KEY"] = "secret";
  onTestFinished(() => void delete process.env["RESONA_EMBEDDING_KEY"]);
  const { server, workspace, keys } = await indexedWithService();
  const searchWith = async (namedBy: "user" | "index") => {
    const { client } = clientOf(workspace, { environment: keyEnvironment(undefined, { url: server.url, namedBy }) });
    await client.search("apples");
  };
  await searchWith("index");
  expect(new Set(keys())).toEqual(new Set([undefined]));
  await searchWith("user");
  expect(keys()).toContain("Bearer secret");
});
