import { describe, expect, test } from "vitest";

import { cli, workspaceWith } from "../testing/run-cli.ts";

const lines = (...items: readonly object[]): string => items.map((item) => `${JSON.stringify(item)}\n`).join("");

const items = lines(
  { id: "recipe", text: "Knead the dough and bake the bread for forty minutes.", metadata: { shelf: 3 } },
  { id: "law", text: "The tenant shall give notice three months before moving out." },
  { id: "ticket", text: "TICKET-4711: the upload fails with a timeout." },
);

describe("embed generate", () => {
  test("embeds a file of items once, then what has changed", async () => {
    const cwd = await workspaceWith({ "items.jsonl": items });
    const first = await cli(["embed", "generate", "--from", "items.jsonl"], { cwd });
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(
      /^Embedded 3 items \(3 records\) in .*; 0 unchanged, 3 records in the index; peak memory \d+ MB\.\n$/,
    );
    const input = items.replace("forty", "thirty");
    const second = await cli(["embed", "generate", "--json"], { cwd, input });
    expect(second.code).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({
      schema: 1,
      command: "embed generate",
      status: "completed",
      itemsRead: 3,
      itemsUnchanged: 2,
      itemsEmbedded: 1,
      totalEmbeddings: 1,
      collectionCount: 3,
    });
  });

  test("names the lines that are no items and embeds the others", async () => {
    const broken = `\uFEFF${lines({ id: "a", text: "alpha" })}{"id": "b", text\n\n${lines({ id: 7, text: "x" }, { id: "c", text: "gamma" })}null\n`;
    const cwd = await workspaceWith({ "items.jsonl": broken });
    const run = await cli(["embed", "generate", "--from", "items.jsonl"], { cwd });
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/^Embedded 2 items/);
    expect(run.stdout.split("\n").slice(1)).toEqual([
      "Left out 3 lines",
      // In the engine's words, without those of the line.
      expect.stringMatching(/^ {2}line 2: It is not JSON: [^"]*[^"\s]\.$/) as string,
      "  line 4: Its id is a number, not a string.",
      "  line 6: It is no object with id and text.",
      "",
    ]);
    const strict = await cli(["embed", "generate", "--from", "items.jsonl", "--strict", "--json"], { cwd });
    expect(strict.code).toBe(2);
    expect(JSON.parse(strict.stdout)).toMatchObject({ status: "completed", itemsUnchanged: 2, itemsFailed: 3 });
  });

  test.each([
    ["no item at all", "", 1, /^Embedded 0 items/],
    ["nothing but broken lines", "{\n[\n", 2, /^Embedded 0 items[^]*Left out 2 lines/],
  ])("ends with a code that says so for %s", async (_case, input, code, output) => {
    const cwd = await workspaceWith({});
    const run = await cli(["embed", "generate"], { cwd, input });
    expect(run.code).toBe(code);
    expect(run.stdout).toMatch(output);
  });

  test.each([
    ["none.jsonl", /^error\[USAGE\]: none\.jsonl does not exist\.\nCheck the path given with --from\.\n$/],
    [".", /^error\[USAGE\]: \. is a folder, not a file\.\n/],
  ])("says that %s cannot be read, and makes no index", async (from, message) => {
    const cwd = await workspaceWith({});
    const run = await cli(["embed", "generate", "--from", from], { cwd });
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toMatch(message);
    expect((await cli(["embed", "stats"], { cwd })).stderr).toContain("[NO_INDEX]");
  });

  test("tells under RESONA_DEBUG=1 how the stored hashes are loaded", async () => {
    const cwd = await workspaceWith({});
    const many = lines(...Array.from({ length: 50_100 }, (_, n) => ({ id: `i${n}`, text: `t${n % 10}` })));
    await cli(["embed", "generate"], { cwd, input: many });
    const run = await cli(["embed", "generate"], { cwd, input: "", env: { RESONA_DEBUG: "1" } });
    expect(run.stderr).toMatch(/debug: Hashes of 5\d,?\d{3} records loaded/);
  });
});

describe("an index of items", () => {
  test("is searched, shown and thinned out", async () => {
    const cwd = await workspaceWith({ "items.jsonl": items });
    await cli(["embed", "generate", "--from", "items.jsonl", "--index", "shelf"], { cwd });
    const at = ["--index", "shelf"];
    const search = await cli(["embed", "search", "baking", "bread", "--limit", "1", ...at], { cwd });
    expect(search).toMatchObject({ code: 0, stderr: "" });
    expect(search.stdout).toMatch(/^recipe:1 {2}\d\.\d{3} {2}\{"shelf":3\}\n {2}Knead the dough .*\n$/);
    const json = await cli(["embed", "search", "--json", "notice", "period", ...at], { cwd });
    expect(JSON.parse(json.stdout)).toMatchObject({
      command: "embed search",
      indexComplete: true,
      hits: [{ id: "law", startLine: 1, endLine: 1, metadata: null }, {}, {}],
    });
    expect(await cli(["embed", "delete", "law", "unknown", ...at], { cwd })).toMatchObject({
      code: 0,
      stdout: "Removed 1 record.\n",
    });
    expect((await cli(["embed", "delete", "law", ...at], { cwd })).code).toBe(1);
    const stats = await cli(["embed", "stats", "--json", ...at], { cwd });
    expect(JSON.parse(stats.stdout)).toMatchObject({ command: "embed stats", items: 2, records: 2 });
    const shown = await cli(["embed", "stats", ...at], { cwd });
    expect(shown.stdout).toMatch(/^Index {6}.*shelf\n[^]*\nHealth {5}healthy\n/);
    const maintained = await cli(["embed", "maintain", "--retention-days", "0", "--json", ...at], { cwd });
    expect(JSON.parse(maintained.stdout)).toMatchObject({
      command: "embed maintain",
      failures: [],
      cleanup: { versionsRemoved: expect.any(Number) as number },
      after: { fragments: 1, unindexedRows: 0 },
    });
  });

  test("is not the index of a workspace", async () => {
    const cwd = await workspaceWith({ "a.txt": "text" });
    await cli(["index"], { cwd });
    const run = await cli(["embed", "search", "x", "--index", ".resona"], { cwd });
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/^error\[INDEX_OF_OTHER_CONTENTS\]: .* holds the index of a workspace, not items\.\n/);
  });
});
