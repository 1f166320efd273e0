/** What is special to the single-file executable; the other tests of the command line run against it as well. */
import { existsSync } from "node:fs";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { writeModel } from "@resona/test-models";
import { describe, expect, test } from "vitest";

import { binary, cli, cliResult, sources, startCli, workspaceWith } from "../testing/run-cli.ts";

/** A definition in a language of each package that grammars come from. */
const definitions = {
  "harbour.ts": "export function openHarbour(): void {\n  // lets ships in\n}\n",
  "harbour.py": "def close_harbour():\n    return None\n",
  "harbour.c": "int count_ships(void) {\n  return 3;\n}\n",
  "harbour.ex": "defmodule Harbour do\n  def moor_ship(ship), do: ship\nend\n",
  "harbour.hs": "module Harbour where\n\nunmoorShip :: Int -> Int\nunmoorShip ship = ship\n",
  "harbour.kt": "fun loadShip(): Int {\n  return 1\n}\n",
  "harbour.lua": "function unload_ship()\n  return 1\nend\n",
  "harbour.scala": "object Harbour {\n  def repairShip(): Int = 1\n}\n",
  "harbour.zig": "pub fn paintShip() u8 {\n    return 1;\n}\n",
};

interface Hit {
  readonly path: string;
  readonly symbols: readonly string[];
  readonly score: number;
}

describe.runIf(binary)("the single-file executable", () => {
  test("tells its version", async () => {
    const manifest = await readFile(new URL("../../package.json", import.meta.url), "utf8");
    const { version } = JSON.parse(manifest) as { version: string };
    expect(await cli(["--version"], { cwd: await workspaceWith({}) })).toEqual({
      code: 0,
      stdout: `${version}\n`,
      stderr: "",
    });
  });

  test.each([
    ["the built-in model", []],
    ["a transformer in two threads", ["--model", "tiny.gguf", "--model-threads", "2"]],
  ])("finds with %s what the sources find", async (_case, model) => {
    const cwd = await workspaceWith(definitions);
    writeModel(join(cwd, "tiny.gguf"), { shape: "tiny-bert", format: "Q8_0" });
    const hitsOf = async (program: typeof sources): Promise<readonly Hit[]> => {
      const index = ["--index", program === sources ? "from-sources" : "from-binary"];
      expect(await cli(["index", ...index, ...model], { cwd, program })).toMatchObject({ code: 0 });
      const run = await cli(["search", ...index, "--no-refresh", "--json", "ship"], { cwd, program });
      return (JSON.parse(run.stdout) as { hits: Hit[] }).hits;
    };
    const [found, expected] = [await hitsOf(binary ?? sources), await hitsOf(sources)];
    const names = ({ path, symbols }: Hit): string => `${path} ${symbols.join(" ")}`;
    expect(found.map(names).toSorted()).toEqual(expected.map(names).toSorted());
    expect(found).toHaveLength(Object.keys(definitions).length);
    const scores = new Map(expected.map(({ path, score }) => [path, score]));
    for (const { path, score } of found) expect(score).toBeCloseTo(scores.get(path) ?? Number.NaN, 3);
  });

  test("takes nothing in the folder where it is called for its own settings or code", async () => {
    const cwd = await workspaceWith({
      "a.txt": "a harbour",
      ".env": "RESONA_CHUNK_CHARS=many\n",
      "bunfig.toml": 'preload = ["./preload.ts"]\n',
      "preload.ts": 'require("node:fs").writeFileSync("preloaded", "");\n',
      "package.json": '{ "name": 7 }\n',
      "tsconfig.json": "{\n",
    });
    expect(await cli(["search", "harbour"], { cwd })).toMatchObject({ code: 0 });
    expect(existsSync(join(cwd, "preloaded"))).toBe(false);
  });

  test.runIf(process.platform === "linux")(
    "starts over with bounded heaps, and leaves the settings of a user alone",
    async () => {
      const cwd = await workspaceWith({ "a.txt": "a harbour" });
      const child = startCli(["index"], { cwd, env: { MALLOC_ARENA_MAX: "5" } });
      const run = cliResult(child);
      let environment = "";
      while (child.exitCode === null && !environment.includes("RESONA_STARTED_OVER")) {
        // What a process is started with; while it is being started over there is none.
        environment = await readFile(`/proc/${child.pid}/environ`, "utf8").catch(() => "");
      }
      expect(environment.split("\0")).toEqual(
        expect.arrayContaining([
          "MALLOC_ARENA_MAX=5",
          "MALLOC_TRIM_THRESHOLD_=131072",
          "BUN_JSC_forceRAMSize=134217728",
        ]),
      );
      expect(await run).toMatchObject({ code: 0 });
    },
  );

  test("unpacks its native library into the cache folder, once", async () => {
    const cwd = await workspaceWith({ "a.txt": "a harbour" });
    const cache = join(cwd, "cache/resona");
    const env = { XDG_CACHE_HOME: join(cwd, "cache") };
    expect(await cli(["--help"], { cwd, env })).toMatchObject({ code: 0 });
    expect(existsSync(cache)).toBe(false);
    // Two at a time do not disturb each other.
    const indexes = ["one", "two"].map((index) => cli(["index", "--index", index], { cwd, env }));
    for (const run of await Promise.all(indexes)) expect(run).toMatchObject({ code: 0 });
    expect(await readdir(cache)).toEqual([expect.stringMatching(/\.node$/)]);
  });

  test("works where there is no cache folder, and leaves nothing behind", async () => {
    const cwd = await workspaceWith({ "a.txt": "a harbour", "no-folder": "" });
    await mkdir(join(cwd, "temporary"));
    const env = { XDG_CACHE_HOME: join(cwd, "no-folder"), TMPDIR: join(cwd, "temporary") };
    expect(await cli(["search", "harbour"], { cwd, env })).toMatchObject({ code: 0 });
    expect(await readdir(join(cwd, "temporary"))).toEqual([]);
  });

  test.skipIf(process.platform === "win32")("writes all of a long answer to a reader that is slow", async () => {
    const cwd = await workspaceWith({});
    const body = `  hail("${"ahoy, ".repeat(16)}");\n`.repeat(10);
    for (let n = 0; n < 100; n++) await writeFile(join(cwd, `ship${n}.ts`), `export function ship${n}() {\n${body}}\n`);
    await cli(["index"], { cwd });
    const slowly = ["-c", '"$@" | { sleep 1; cat; }', "sh", binary?.path ?? ""];
    const program = { path: "/bin/sh", args: slowly, env: {} };
    const { stdout } = await cli(["search", "--no-refresh", "--json", "--limit", "100", "ship"], { cwd, program });
    // More than a pipe holds.
    expect(stdout.length).toBeGreaterThan(80_000);
    expect((JSON.parse(stdout) as { hits: Hit[] }).hits).toHaveLength(100);
  });

  test("holds no second copy of its native library in memory", async () => {
    const cwd = await workspaceWith({ "a.txt": "a harbour" });
    await cli(["index"], { cwd });
    const run = await cli(["index", "--json"], { cwd });
    // 155 MB when this was written.
    expect((JSON.parse(run.stdout) as { peakRssBytes: number }).peakRssBytes).toBeLessThan(250_000_000);
  });
});
