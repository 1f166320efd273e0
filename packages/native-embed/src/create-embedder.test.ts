import { once } from "node:events";
import { copyFile, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";

import { writeModel } from "@resona/test-models";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";

import { cosine } from "./architectures/naive-embedding.test-helper.ts";
import { writeTinyModel } from "./architectures/tiny-model.test-helper.ts";
import { createEmbedder } from "./create-embedder.ts";
import type { EmbedderOptions, NativeEmbedder } from "./create-embedder.ts";
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

describe("an embedder of a static model", () => {
  let embedder: NativeEmbedder;
  beforeEach(async () => {
    embedder = await createEmbedder();
  });
  afterEach(async () => {
    await embedder.close();
  });

  it("says what it is", () => {
    expect(embedder).toMatchObject({
      architecture: "static-embedding",
      maxTokens: Number.POSITIVE_INFINITY,
      threads: 0,
      prefixes: { query: "", document: "" },
    });
  });

  it("counts tokens, those of the context too", () => {
    expect(embedder.countTokens("retry the upload")).toBe(3);
    expect(embedder.countTokens({ text: "retry the upload", context: "http client" })).toBe(5);
  });

  it("counts what it has done", async () => {
    const other = await createEmbedder();
    await embedder.embedDocuments(["retry the upload", { text: "retry", context: "http" }]);
    await embedder.embedQuery("upload");
    const nothing = { truncatedDocuments: 0, truncatedQueries: 0, replacedThreads: 0 };
    expect(embedder.statistics()).toEqual({ documents: 2, queries: 1, tokens: 6, ...nothing });
    expect(other.statistics()).toEqual({ documents: 0, queries: 0, tokens: 0, ...nothing });
    await other.close();
  });

  it("puts the prefixes that it was given before texts", async () => {
    const prefixed = await createEmbedder({ prefixes: { document: "http ", query: "server " } });
    const [plain, query] = [await embedder.embedDocuments(["http retry"]), await embedder.embedQuery("server retry")];
    expect(await prefixed.embedDocuments(["retry"])).toEqual(plain);
    expect(await prefixed.embedQuery("retry")).toEqual(query);
    expect(prefixed.prefixes).toEqual({ query: "server ", document: "http " });
    await prefixed.close();
  });

  it("gives up what it has under way when it is closed, and leaves others alone", async () => {
    const other = await createEmbedder();
    const texts = Array.from({ length: 1_000 }, () => "some text");
    const outcome = embedder.embedDocuments(texts).catch((error: unknown) => error);
    const rest = other.embedDocuments(texts);
    await embedder.close();
    expect(await outcome).toMatchObject({ code: "EMBEDDER_CLOSED" });
    expect(await rest).toHaveLength(1_000);
    await other.close();
  });

  it("does not begin what was cancelled before", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(embedder.embedQuery("retry", signal)).rejects.toThrow("enough");
    await expect(embedder.embedDocuments(["retry"], signal)).rejects.toThrow("enough");
    expect(embedder.statistics()).toMatchObject({ documents: 0, queries: 0 });
  });
});

describe("an embedder of a transformer", () => {
  let folder: string;
  let path: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "create-embedder-"));
    path = join(folder, "tiny.gguf");
    writeModel(path, { shape: "tiny-bert", format: "Q8_0" });
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  async function open(options: EmbedderOptions = {}): Promise<NativeEmbedder> {
    const embedder = await createEmbedder({ model: path, threads: 2, ...options });
    onTestFinished(() => embedder.close());
    return embedder;
  }

  const texts = Array.from({ length: 40 }, (_, n) => `export function f${n}() {} `.repeat(1 + (n % 7)));

  it("says what it is", async () => {
    const embedder = await open();
    expect(embedder).toMatchObject({ architecture: "bert", dimension: 64, maxTokens: 512, threads: 2 });
    const { weights, vocabulary, scratch, total } = embedder.memory();
    expect(Math.min(weights, vocabulary, scratch)).toBeGreaterThan(0);
    expect(total).toBe(weights + vocabulary + scratch);
  });

  it("gives every text the vector that it has alone, in order", async () => {
    const embedder = await open();
    const vectors = await embedder.embedDocuments(texts);
    expect(vectors).toHaveLength(texts.length);
    for (const [n, text] of texts.entries()) {
      const [alone] = await embedder.embedDocuments([text]);
      expect(Math.hypot(...alone!)).toBeCloseTo(1, 5);
      expect(cosine(vectors[n]!, alone!)).toBeGreaterThan(0.9999);
    }
    expect(cosine(await embedder.embedQuery(texts[7]!), vectors[7]!)).toBeGreaterThan(0.9999);
  });

  it("reads the context as a line before the text, and the prefix before both", async () => {
    const embedder = await open({ prefixes: { document: "passage: " } });
    const plain = await open();
    const [vector] = await embedder.embedDocuments([{ text: "text", context: "src/a.ts" }]);
    const [whole] = await plain.embedDocuments(["passage: src/a.ts\ntext"]);
    expect(cosine(vector!, whole!)).toBeGreaterThan(0.9999);
    expect(embedder.countTokens({ text: "text", context: "src/a.ts" })).toBe(
      plain.countTokens("passage: src/a.ts\ntext"),
    );
  });

  it("takes the prefixes of the model that it is", async () => {
    const nomic = join(folder, "nomic-embed-text-v1.5.gguf");
    writeModel(nomic, { shape: "tiny-nomic", format: "Q8_0" });
    const { prefixes } = await open({ model: nomic });
    expect(prefixes).toEqual({ query: "search_query: ", document: "search_document: " });
    const half = await open({ model: nomic, prefixes: { query: "" } });
    expect(half.prefixes).toEqual({ query: "", document: "search_document: " });
  });

  it("counts what it cut off", async () => {
    const embedder = await open({ maxTokens: 16 });
    expect(embedder.maxTokens).toBe(16);
    const long = "function ".repeat(100);
    expect(embedder.countTokens(long)).toBeGreaterThan(16);
    await embedder.embedDocuments([long, "a", long]);
    await embedder.embedQuery(long);
    const { tokens, ...counts } = embedder.statistics();
    expect(counts).toEqual({
      documents: 3,
      queries: 1,
      truncatedDocuments: 2,
      truncatedQueries: 1,
      replacedThreads: 0,
    });
    expect(tokens).toBe(3 * 16 + embedder.countTokens("a"));
  });

  it("asks how to pool when the file does not say, and takes the answer", async () => {
    const silent = join(folder, "silent.gguf");
    writeModel(silent, { shape: "tiny-bert", format: "Q8_0", omit: ["bert.pooling_type"] });
    await expect(open({ model: silent })).rejects.toMatchObject({
      code: "POOLING_UNKNOWN",
      nextStep: expect.stringContaining("pooling") as string,
    });
    const [mean, cls, unasked] = await Promise.all([
      open({ model: silent, pooling: "mean" }),
      open({ model: silent, pooling: "cls" }),
      open(),
    ]);
    const query = await unasked.embedQuery("retry the upload");
    expect(cosine(await mean.embedQuery("retry the upload"), query)).toBeGreaterThan(0.9999);
    expect(cosine(await cls.embedQuery("retry the upload"), query)).toBeLessThan(0.9999);
  });

  it("shares a model and its threads, as many as the first wanted, and ends them with the last", async () => {
    const workers: Worker[] = [];
    const note = (worker: Worker): number => workers.push(worker);
    process.on("worker", note);
    onTestFinished(() => {
      process.off("worker", note);
    });
    const [first, second] = [await open({ threads: 2 }), await open({ threads: 1 })];
    expect(second.threads).toBe(2);
    expect(workers).toHaveLength(0);
    await Promise.all([first.embedDocuments(texts), second.embedDocuments(texts)]);
    expect(workers).toHaveLength(2);
    const exits = workers.map((worker) => once(worker, "exit"));
    await first.close();
    await expect(first.embedQuery("a")).rejects.toMatchObject({ code: "EMBEDDER_CLOSED" });
    expect(await second.embedDocuments(["a"])).toHaveLength(1);
    await second.close();
    await Promise.all(exits);
    expect(workers.map(({ threadId }) => threadId)).toEqual([-1, -1]);
  });

  it("stops in the middle of a batch when its signal is aborted", async () => {
    const embedder = await open();
    const controller = new AbortController();
    const reason = new Error("enough");
    const batch = embedder.embedDocuments(
      Array.from({ length: 2_000 }, (_, n) => texts[n % texts.length]!),
      controller.signal,
    );
    const outcome = batch.catch((error: unknown) => error);
    await embedder.embedQuery("this goes before what waits");
    controller.abort(reason);
    expect(await outcome).toBe(reason);
    expect(embedder.statistics()).toMatchObject({ documents: 0, queries: 1 });
  });
});

describe("options", () => {
  it.each<[EmbedderOptions, string]>([
    [{ threads: 0 }, "threads: it must be a whole number from 1 to 256, not 0"],
    [{ threads: 1.5 }, "threads"],
    [{ threads: 257 }, "threads"],
    [{ maxTokens: 7 }, "maxTokens: it must be a whole number from 8 on, not 7"],
    [{ maxTokens: Number.POSITIVE_INFINITY }, "maxTokens"],
    [{ pooling: "max" as "mean" }, "pooling: it must be one of mean, cls, last"],
  ])("out of their bounds are refused: %j", async (options, message) => {
    const refusal = { code: "INVALID_OPTION", message: expect.stringContaining(message) as string };
    await expect(createEmbedder(options)).rejects.toMatchObject(refusal);
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

  it("is not spoiled by one that no longer wants to wait", async () => {
    const controller = new AbortController();
    const impatient = createEmbedder({ model: path, signal: controller.signal }).catch((error: unknown) => error);
    const patient = createEmbedder({ model: path });
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await impatient).toBe(reason);
    const embedder = await patient;
    await expect(embedder.embedQuery("retry")).resolves.toHaveLength(64);
    await embedder.close();
  });

  it("ends with the last that waits: an aborted loading leaves nothing behind", async () => {
    const copy = join(folder, "copy.gguf");
    await copyFile(defaultModelPath, copy);
    const controller = new AbortController();
    const waiting = [1, 2].map(() => createEmbedder({ model: copy, signal: controller.signal }));
    const outcomes = Promise.allSettled(waiting);
    // In the middle of the file, which takes more than a hundred turns.
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    controller.abort(new Error("enough"));
    const rejected = { status: "rejected", reason: { message: "enough" } };
    expect(await outcomes).toMatchObject([rejected, rejected]);
    await writeFile(`${copy}.new`, writeTinyModel());
    await rename(`${copy}.new`, copy);
    const embedder = await createEmbedder({ model: copy });
    expect(embedder.name).toBe("tiny");
    await embedder.close();
  });

  it("does not begin to load what is not wanted any more", async () => {
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(createEmbedder({ model: join(folder, "none.gguf"), signal })).rejects.toThrow("enough");
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

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

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
