import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";

import { type EmbedSummary, type EmbeddingService, type Item, openEmbeddingService, openEngine } from "../src/index.ts";
import { connect } from "../src/store/lance.ts";
import { temporaryFolder } from "./temp-folder.ts";

async function newService(index?: string): Promise<EmbeddingService> {
  const service = await openEmbeddingService({ index: index ?? join(await temporaryFolder(), "items") });
  onTestFinished(() => service.close());
  return service;
}

const note = (n: number, text = `note number ${n} about topic ${n % 7}`): Item => ({ id: `note-${n}`, text });
const notes = (count: number): Item[] => Array.from({ length: count }, (_, n) => note(n));

/** Ids and hashes of all records, straight from the table. */
async function records(service: EmbeddingService): Promise<{ id: string; hash: string }[]> {
  const db = await connect(service.indexPath);
  const table = await db.openTable("chunks");
  const rows = (await table.query().select(["id", "text_hash"]).toArray()) as { id: string; text_hash: Uint8Array }[];
  db.close();
  return rows
    .map(({ id, text_hash: hash }) => ({ id, hash: Buffer.from(hash).toString("hex") }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

describe("embedBatch", () => {
  it("embeds everything once, then only what is new or has changed", async () => {
    const service = await newService();
    const first = await service.embedBatch(notes(1_200));
    expect(first).toMatchObject({
      status: "completed",
      itemsRead: 1_200,
      itemsUnchanged: 0,
      itemsEmbedded: 1_200,
      totalEmbeddings: 1_200,
      collectionCount: 1_200,
    });
    expect(await service.embedBatch(notes(1_200))).toMatchObject({
      itemsUnchanged: 1_200,
      itemsEmbedded: 0,
      batchesProcessed: 0,
    });
    const changed = notes(1_205).map((item, n) => (n % 100 === 0 ? { ...item, text: "rewritten" } : item));
    expect(await service.embedBatch(changed)).toMatchObject({
      itemsUnchanged: 1_188,
      itemsEmbedded: 17,
      collectionCount: 1_205,
    });
    expect(new Set((await records(service)).map(({ id }) => id)).size).toBe(1_205);
  });

  it("keeps apart items whose ids differ in a byte order mark only", async () => {
    const service = await newService();
    await service.embedBatch([
      { id: "a", text: "plain" },
      { id: "\uFEFFa", text: "marked" },
    ]);
    await service.embedBatch([{ id: "\uFEFFa", text: "marked anew" }]);
    const { hits } = await service.search("plain marked anew");
    expect(Object.fromEntries(hits.map(({ id, text }) => [id, text]))).toEqual({
      a: "plain",
      "\uFEFFa": "marked anew",
    });
  });

  it("takes items from any source, one at a time, also a generator that never holds them all", async () => {
    const service = await newService();
    async function* source() {
      for (let n = 0; n < 300; n++) yield note(n);
    }
    expect(await service.embedBatch(source())).toMatchObject({ itemsEmbedded: 300 });
  });

  it("splits a long text into records that share the item's id, and leaves none behind when it gets shorter", async () => {
    const service = await newService();
    const long = Array.from({ length: 400 }, (_, n) => `Sentence ${n} tells of harbours and ships.`).join(" ");
    const summary = await service.embedBatch([{ id: "a#1", text: long }, note(1)]);
    expect(summary.totalEmbeddings).toBeGreaterThan(8);
    const before = await records(service);
    expect(before.filter(({ id }) => id.startsWith("a#1#"))).toHaveLength(summary.totalEmbeddings - 1);
    await service.embedBatch([{ id: "a#1", text: "short now" }]);
    expect((await records(service)).map(({ id }) => id)).toEqual(["a#1#0", "note-1#0"]);
  });

  it("lets a later item of the same id replace an earlier one, in one run and in the next", async () => {
    const service = await newService();
    const twice = [note(1, "first"), note(2), note(1, "second")];
    await service.embedBatch(twice);
    expect(await records(service)).toHaveLength(2);
    const [hit] = (await service.search("second")).hits;
    expect(hit).toMatchObject({ id: "note-1", text: "second" });
    const spread = [...notes(400), ...notes(400).map((item) => ({ ...item, text: `${item.text} again` }))];
    await service.embedBatch(spread);
    expect(await records(service)).toHaveLength(400);
  });

  it("names items that are none and embeds the others", async () => {
    const service = await newService();
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    const bad: unknown[] = [
      undefined,
      "text",
      [],
      { text: "no id" },
      { id: 7, text: "x" },
      { id: "", text: "x" },
      { id: "x".repeat(1_025), text: "x" },
      { id: "half \uD800", text: "x" },
      { id: "nul \0", text: "x" },
      { id: "a" },
      { id: "b", text: null },
      { id: "c", text: "x".repeat(16_777_217) },
      { id: "d", text: "x", metadata: cyclic },
    ];
    const failed: number[] = [];
    const summary = await service.embedBatch([note(0), ...bad, note(1)] as Item[], {
      onEvent: (event) => {
        if (event.type === "item-failed") failed.push(event.failure.position);
      },
    });
    expect(summary).toMatchObject({ itemsRead: 15, itemsEmbedded: 2, itemsFailed: 13, collectionCount: 2 });
    expect(failed).toEqual(bad.map((_, n) => n + 2));
    expect(summary.failures[10]).toEqual({ position: 12, id: "b", message: "Its text is null, not a string." });
  });

  it("stores nothing of a blank text, and forgets what was stored of the item before", async () => {
    const service = await newService();
    expect(await service.embedBatch([note(1), note(2, " \n\t")])).toMatchObject({ itemsEmpty: 1, collectionCount: 1 });
    expect(await service.embedBatch([note(1, ""), note(2, "")])).toMatchObject({ itemsEmpty: 2, collectionCount: 0 });
  });

  it("gives back any metadata, and embeds an item again when it changes", async () => {
    const service = await newService();
    const metadata = { tags: ["a", "ü"], year: 1999, nested: { deep: [1, null, true] } };
    await service.embedBatch([{ ...note(1, "a harbour"), metadata }]);
    expect((await service.search("harbour")).hits).toMatchObject([{ id: "note-1", metadata }]);
    const other = { ...metadata, year: 2000 };
    expect(await service.embedBatch([{ ...note(1, "a harbour"), metadata: other }])).toMatchObject({
      itemsEmbedded: 1,
    });
    expect((await service.search("harbour")).hits).toMatchObject([{ metadata: other }]);
  });

  it("commits what is embedded when it is stopped, and continues with the next run", async () => {
    const service = await newService();
    const controller = new AbortController();
    async function* source() {
      for (let n = 0; n < 5_000; n++) {
        if (n === 3_000) controller.abort();
        yield note(n);
      }
    }
    const stopped = await service.embedBatch(source(), { signal: controller.signal });
    expect(stopped.status).toBe("interrupted");
    expect(stopped.collectionCount).toBe(stopped.itemsEmbedded);
    expect((await service.search("topic")).indexComplete).toBe(false);
    const next = await service.embedBatch(notes(5_000));
    expect(next).toMatchObject({ status: "completed", itemsUnchanged: stopped.itemsEmbedded, collectionCount: 5_000 });
  });

  it("keeps what came before when the source of the items fails, and says what the source said", async () => {
    const service = await newService();
    async function* source() {
      yield* notes(500);
      throw new Error("the pipe broke");
    }
    await expect(service.embedBatch(source())).rejects.toThrow("the pipe broke");
    expect(await service.embedBatch(notes(500))).toMatchObject({ itemsUnchanged: 500, itemsEmbedded: 0 });
  });

  it("decides like a plain map, whatever is given in whatever order", async () => {
    const item = fc.record({
      id: fc.constantFrom("a", "a#0", "b'c", "ü\n", "d#1#2"),
      text: fc.constantFrom("", "one", "two words", "long ".repeat(800)),
    });
    const runs = fc.array(fc.array(item, { maxLength: 8 }), { minLength: 1, maxLength: 4 });
    const check = async (rounds: Item[][]) => {
      const service = await newService();
      const model = new Map<string, string>();
      for (const items of rounds) {
        const expected = { unchanged: 0, embedded: new Set<string>() };
        for (const { id, text } of items) {
          if (text !== "" && model.get(id) === text) expected.unchanged++;
          if (text === "") model.delete(id);
          else model.set(id, text);
        }
        expect(await service.embedBatch(items)).toMatchObject({ itemsUnchanged: expected.unchanged });
      }
      const stored = new Set((await records(service)).map(({ id }) => id.slice(0, id.lastIndexOf("#"))));
      expect([...stored].toSorted()).toEqual([...model.keys()].toSorted());
      const counts = await records(service);
      for (const [id, text] of model)
        expect(
          counts.filter((row) => row.id.startsWith(`${id}#`) && !row.id.slice(id.length + 1).includes("#")).length,
        ).toBe(text.length > 1_500 ? 3 : 1);
    };
    await fc.assert(fc.asyncProperty(runs, check), { numRuns: 8 });
  });
});

describe("an index of items", () => {
  it("finds items by their words and by their meaning", async () => {
    const service = await newService();
    await service.embedBatch([
      { id: "recipe", text: "Knead the dough and bake the bread for forty minutes." },
      { id: "law", text: "The tenant shall give notice three months before moving out." },
      { id: "ticket", text: "TICKET-4711: upload fails with a timeout error after a retry." },
    ]);
    const ids = async (query: string) => (await service.search(query)).hits.map(({ id }) => id);
    expect((await ids("bake bread"))[0]).toBe("recipe");
    expect((await ids("notice period of a tenant"))[0]).toBe("law");
    expect((await ids("TICKET-4711"))[0]).toBe("ticket");
    expect((await service.search("bread", { limit: 1 })).hits).toHaveLength(1);
    await expect(service.search("bread", { limit: 0 })).rejects.toMatchObject({ code: "OPTION_INVALID" });
    await expect(service.search(" ")).rejects.toMatchObject({ code: "QUERY_EMPTY" });
  });

  it("forgets items by their ids, however many and whether it has them or not", async () => {
    const service = await newService();
    await service.embedBatch([...notes(20), { id: "it's", text: "quoted" }]);
    expect(await service.delete(["note-3", "note-4", "it's", "unknown", "note-3"])).toBe(3);
    expect((await records(service)).map(({ id }) => id)).not.toContain("note-3#0");
    expect(await service.delete([])).toBe(0);
    expect(await service.embedBatch(notes(20))).toMatchObject({ itemsUnchanged: 18, itemsEmbedded: 2 });
  });

  it("embeds items again that have no hash, as another program may have left them", async () => {
    const service = await newService();
    await service.embedBatch(notes(10));
    const db = await connect(service.indexPath);
    const table = await db.openTable("chunks");
    await table.update({ where: "base_id IN ('note-2', 'note-7')", valuesSql: { text_hash: "NULL" } });
    db.close();
    expect(await service.embedBatch(notes(10))).toMatchObject({ itemsUnchanged: 8, itemsEmbedded: 2 });
    expect(await service.embedBatch(notes(10))).toMatchObject({ itemsUnchanged: 10 });
  });

  it("says that there is none yet, and does not mix with the index of a workspace", async () => {
    const service = await newService();
    await expect(service.search("x")).rejects.toMatchObject({ code: "NO_INDEX" });
    await expect(service.delete(["x"])).rejects.toMatchObject({ code: "NO_INDEX" });
    await expect(service.maintain()).rejects.toMatchObject({ code: "NO_INDEX" });
    await expect(service.stats()).rejects.toMatchObject({ code: "NO_INDEX" });
    const workspace = await temporaryFolder();
    await writeFile(join(workspace, "a.txt"), "text");
    const engine = await openEngine({ workspace });
    await engine.index();
    const other = await newService(engine.indexPath);
    await expect(other.embedBatch(notes(1))).rejects.toMatchObject({ code: "INDEX_OF_OTHER_CONTENTS" });
    await engine.close();
    await service.embedBatch(notes(1));
    const intruder = await openEngine({ workspace, index: service.indexPath });
    await expect(intruder.index()).rejects.toMatchObject({ code: "INDEX_OF_OTHER_CONTENTS" });
    await intruder.close();
  });

  it("reports a table that was deleted while it was open", async () => {
    const service = await newService();
    await service.embedBatch(notes(5));
    await service.search("topic");
    const db = await connect(service.indexPath);
    await db.dropTable("chunks");
    db.close();
    await expect(service.embedBatch(notes(5))).rejects.toMatchObject({ code: "INDEX_DAMAGED" });
    expect(await service.embedBatch(notes(5), { rebuild: true })).toMatchObject({ itemsEmbedded: 5 });
    expect((await service.search("topic")).hits.length).toBeGreaterThan(0);
  });

  it("is, after kills at any instant and one whole run, the same as one that was never disturbed", async () => {
    const index = join(await temporaryFolder(), "items");
    const script = `
      import { openEmbeddingService } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
      const service = await openEmbeddingService({ index: ${JSON.stringify(index)} });
      const round = Number(process.env.ROUND);
      function* items() {
        for (let n = 0; n < 20_000; n++) yield { id: "i" + n, text: ("item " + n + " ").repeat(1 + ((n * (round + 3)) % 400)) };
      }
      await service.embedBatch(items());`;
    for (let round = 0; round < 5; round++) {
      const args = ["--conditions=@resona/source", "--input-type=module", "-e", script];
      const child = spawn(process.execPath, args, { env: { ...process.env, ROUND: String(round) }, stdio: "ignore" });
      const ended = once(child, "exit");
      await Promise.race([sleep(900 + round * 330), ended]);
      child.kill("SIGKILL");
      await ended;
    }
    function* items(): Generator<Item> {
      for (let n = 0; n < 500; n++) yield { id: `i${n}`, text: `item ${n} `.repeat(1 + ((n * 5) % 400)) };
    }
    const disturbed = await newService(index);
    const ids = (await records(disturbed).catch(() => [])).map(({ id }) => id.slice(0, id.lastIndexOf("#")));
    const surplus = new Set(ids.filter((id) => Number(id.slice(1)) >= 500));
    if (surplus.size > 0) await disturbed.delete(surplus);
    const summary: EmbedSummary = await disturbed.embedBatch(items());
    expect(summary.status).toBe("completed");
    const whole = await newService();
    await whole.embedBatch(items());
    expect(await records(disturbed)).toEqual(await records(whole));
  });
});
