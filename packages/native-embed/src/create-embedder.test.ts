import { copyFile, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { cosine } from "./architectures/naive-embedding.test-helper.ts";
import { writeTinyModel } from "./architectures/tiny-model.test-helper.ts";
import { createEmbedder } from "./create-embedder.ts";
import type { NativeEmbedder } from "./create-embedder.ts";
import { defaultModelPath } from "./default-model.ts";
import { openFileSource } from "./gguf/byte-source.ts";
import { readGgufHeader } from "./gguf/read-gguf-header.ts";

describe("the default model", () => {
  let embedder: NativeEmbedder;
  beforeEach(async () => {
    embedder = await createEmbedder();
  });
  afterEach(async () => {
    await embedder.close();
  });

  it("is the file that its model card describes", async () => {
    expect(embedder.modelId).toBe("ac49df96edcb4b75c59c4403a87b1b249c151f932e8a8ccecb1d8054e1c27d0d");
    expect(embedder.name).toBe("resona-code-static-v0");
    expect(embedder.dimension).toBe(256);
    const source = await openFileSource(defaultModelPath);
    const { metadata, tensors } = await readGgufHeader(source);
    await source.close();
    expect(metadata.get("static-embedding.vocab_size")).toBe(30_610);
    expect(metadata.get("tokenizer.ggml.tokens")).toMatchObject({ elementType: "string", length: 30_610 });
    expect(metadata.get("general.license")).toBe("apache-2.0");
    expect(tensors.get("token_embd.weight")).toMatchObject({ dimensions: [256, 30_610], format: "Q8_0" });
  });

  it.each([
    ["retry with backoff", "for (let attempt = 0; attempt < max; attempt++) { await sleep(delay * 2 ** attempt); }"],
    ["parse command line arguments", "const options = program.parse(process.argv); if (flags.help) usage();"],
    ["hash a user's password", "def hash_password(pw): salt = bcrypt.gensalt(); return bcrypt.hashpw(pw, salt)"],
    ["open a database connection", "pool = psycopg2.connect(host=host, dbname=db, user=user); cursor = pool.cursor()"],
  ])("puts %j nearest to the code that does it", async (query, answer) => {
    const others = [
      ".button { color: red; border-radius: 4px; padding: 0 8px }",
      "struct Vec3 { float x, y, z; }; float dot(Vec3 a, Vec3 b) { return a.x*b.x + a.y*b.y + a.z*b.z; }",
      "SELECT name, sum(price) FROM orders GROUP BY name ORDER BY 2 DESC",
      "for (let attempt = 0; attempt < max; attempt++) { await sleep(delay * 2 ** attempt); }",
      "const options = program.parse(process.argv); if (flags.help) usage();",
      "def hash_password(pw): salt = bcrypt.gensalt(); return bcrypt.hashpw(pw, salt)",
      "pool = psycopg2.connect(host=host, dbname=db, user=user); cursor = pool.cursor()",
    ];
    const vectors = await embedder.embedDocuments(others);
    const wanted = await embedder.embedQuery(query);
    const scores = vectors.map((vector) => cosine(vector, wanted));
    expect(others[scores.indexOf(Math.max(...scores))]).toBe(answer);
  });

  it("lets the context pull a document towards it", async () => {
    const text = "export function run(input) { return input.map(step) }";
    const vectors = await embedder.embedDocuments([text, { text, context: "billing invoice" }]);
    const query = await embedder.embedQuery("invoice billing");
    expect(cosine(vectors.at(1)!, query)).toBeGreaterThan(cosine(vectors.at(0)!, query) + 0.2);
  });

  it("gives other work its turn within a batch", async () => {
    const turns = await turnsDuring(embedder.embedDocuments(Array.from({ length: 1_000 }, () => "some text")));
    // 15 pauses; whether the first is counted depends on which immediate was set first.
    expect(turns).toBeGreaterThanOrEqual(14);
    const long = "some text ".repeat(20_000);
    expect(await turnsDuring(embedder.embedDocuments([long, long, long, long]))).toBeGreaterThanOrEqual(2);
  });

  it("stops in the middle of a batch when its signal is aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    setImmediate(() => controller.abort(reason));
    const batch = embedder.embedDocuments(
      Array.from({ length: 1_000 }, () => "text"),
      controller.signal,
    );
    await expect(batch).rejects.toBe(reason);
  });
});

describe("sharing", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "create-embedder-"));
    path = join(folder, "tiny.gguf");
    await writeFile(path, writeTinyModel());
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  /** Replaces the model by one of another name, so that a second load shows. */
  const replace = async (): Promise<void> => {
    await writeFile(
      `${path}.new`,
      writeTinyModel({ metadata: { "general.name": { type: "string", value: "second" } } }),
    );
    await rename(`${path}.new`, path);
  };

  it("loads a file once for all embedders of it, by whatever name", async () => {
    await symlink(path, join(folder, "link.gguf"));
    const [first, second] = await Promise.all([createEmbedder({ model: path }), createEmbedder({ model: path })]);
    await replace();
    const third = await createEmbedder({ model: join(folder, "link.gguf") });
    expect([first.name, second.name, third.name]).toEqual(["tiny", "tiny", "tiny"]);
    await Promise.all([first.close(), second.close(), third.close()]);
  });

  it("forgets the file after its last embedder is closed, and not before", async () => {
    const first = await createEmbedder({ model: path });
    const second = await createEmbedder({ model: path });
    await replace();
    await first.close();
    await first.close();
    const third = await createEmbedder({ model: path });
    expect(third.name).toBe("tiny");
    await second.close();
    await third.close();
    const fourth = await createEmbedder({ model: path });
    expect(fourth.name).toBe("second");
    expect(fourth.modelId).not.toBe(first.modelId);
    await fourth.close();
  });

  it("tries again after a failure", async () => {
    const moved = join(folder, "moved.gguf");
    await expect(createEmbedder({ model: moved })).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
    await copyFile(path, moved);
    const embedder = await createEmbedder({ model: moved });
    expect(embedder.name).toBe("tiny");
    await embedder.close();
  });

  it("uses the file's name when the model has none", async () => {
    await writeFile(path, writeTinyModel({ metadata: { "general.name": null } }));
    const embedder = await createEmbedder({ model: path });
    expect(embedder.name).toBe("tiny.gguf");
    await embedder.close();
  });

  it("refuses to embed after it was closed, and leaves others alone", async () => {
    const closed = await createEmbedder({ model: path });
    const open = await createEmbedder({ model: path });
    await closed.close();
    await expect(closed.embedQuery("retry")).rejects.toMatchObject({ code: "EMBEDDER_CLOSED" });
    await expect(closed.embedDocuments(["retry"])).rejects.toMatchObject({ code: "EMBEDDER_CLOSED" });
    expect(() => closed.memory()).toThrow("The embedder was closed");
    await expect(open.embedQuery("retry")).resolves.toHaveLength(64);
    await open.close();
  });

  it("gives other work its turn while it loads", async () => {
    // Away from the default model's own path, which another test may hold.
    const copy = join(folder, "copy.gguf");
    await copyFile(defaultModelPath, copy);
    const loading = createEmbedder({ model: copy });
    // The file has 136 times 64 KiB.
    expect(await turnsDuring(loading)).toBeGreaterThan(100);
    await (await loading).close();
  });
});

/** How often the event loop turned before the work was done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let done = false;
  const count = (): void => {
    turns++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await work;
  done = true;
  return turns;
}
