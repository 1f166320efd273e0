import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { describe, expect, test } from "vitest";

import { cli, cliResult, startCli, workspaceWith } from "./testing/run-cli.ts";

const files = {
  "src/retry.ts": "export async function retryUpload(file: string) {\n  // waits longer after every failed upload\n}\n",
  "src/parse-header.go": "package http\n\nfunc ParseHeader(line string) error {\n\treturn nil\n}\n",
  "logo.png": "\u0089PNG\r\n\u0000\u0000\u0000",
};

interface Document {
  readonly schema: number;
  readonly command?: string;
  readonly hits?: { path: string; startLine: number; endLine: number; explanation?: object }[];
  readonly error?: { code: string; message: string; nextStep: string };
  readonly [field: string]: unknown;
}

/** Fails unless stdout is exactly one JSON document. */
function documentOf(run: { stdout: string }): Document {
  return JSON.parse(run.stdout) as Document;
}

describe("a workspace from nothing", () => {
  test("is indexed and searched by one command, then kept up to date by the next", async () => {
    const cwd = await workspaceWith(files);
    const first = await cli(["search", "where", "are", "uploads", "retried"], { cwd });
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toMatch(/^src\/retry\.ts:1-\d+ {2}\d+\.\d{3} {2}typescript {2}retryUpload\n/);
    // What takes more than two seconds tells how far it is.
    expect(first.stderr).toMatch(/^(?:Indexing, .*\n)*Indexed 2 files \(.*\n$/);

    await writeFile(join(cwd, "src/new.py"), "def cancel_download():\n    pass\n");
    const stale = await cli(["search", "--no-refresh", "--json", "cancelDownload"], { cwd });
    expect(documentOf(stale).hits?.map(({ path }) => path)).not.toContain("src/new.py");
    const fresh = await cli(["search", "--json", "cancelDownload"], { cwd });
    expect(documentOf(fresh).hits?.[0]).toMatchObject({ path: "src/new.py", startLine: 1 });
    expect(documentOf(fresh)["refresh"]).toMatchObject({ filesIndexed: 1, status: "completed" });
  });

  test("index, index again, stats: three summaries that agree", async () => {
    const cwd = await workspaceWith(files);
    const first = await cli(["index", "--json"], { cwd });
    expect(first).toMatchObject({ code: 0 });
    expect(documentOf(first)).toMatchObject({
      schema: 1,
      command: "index",
      workspace: cwd,
      indexPath: join(cwd, ".resona"),
      filesFound: 3,
      filesIndexed: 2,
      skipped: { binary: 1 },
    });
    const second = await cli(["index"], { cwd });
    expect(second.stdout).toMatch(/^Indexed 0 files \(0 chunks, .*; 3 unchanged, 0 removed; peak memory/);
    const stats = documentOf(await cli(["stats", "--json"], { cwd }));
    expect(stats).toMatchObject({ command: "stats", files: 2, skipped: { binary: 1 }, failures: [] });
    expect(stats["chunks"]).toBe(documentOf(first)["chunksWritten"]);
    expect((await cli(["stats"], { cwd })).stdout).toMatch(/^Files {6}2\n/m);
  });

  test("is reached from elsewhere, with paths that can be opened from there", async () => {
    const cwd = await workspaceWith({});
    const workspace = await workspaceWith(files);
    const argv = ["search", "--workspace", workspace, "--index", "idx", "ParseHeader", "--limit", "1"];
    const run = await cli(argv, { cwd });
    expect(run).toMatchObject({ code: 0 });
    const shown = /^(.*):\d/.exec(run.stdout)?.[1] ?? "";
    expect(await readFile(resolve(cwd, shown), "utf8")).toBe(files["src/parse-header.go"]);
    expect(existsSync(join(cwd, "idx/index.json"))).toBe(true);
    expect(existsSync(join(workspace, ".resona"))).toBe(false);
    const fromEnvironment = await cli(["search", "--no-refresh", "--workspace", workspace, "ParseHeader"], {
      cwd,
      env: { RESONA_INDEX: "idx" },
    });
    expect(fromEnvironment).toMatchObject({ code: 0 });
  });
});

describe("searching", () => {
  test("filters by path and language, explains, limits, and finds nothing with code 1", async () => {
    const cwd = await workspaceWith(files);
    const paths = async (...argv: string[]): Promise<string[]> => {
      const hits = documentOf(await cli(["search", "--json", ...argv], { cwd })).hits ?? [];
      return hits.map(({ path }) => path);
    };
    expect(await paths("--language", "go", "upload header")).toEqual(["src/parse-header.go"]);
    expect(await paths("--path", "*.ts", "upload header")).toEqual(["src/retry.ts"]);
    expect(await paths("--limit", "1", "upload header")).toHaveLength(1);

    const explained = await cli(["search", "--no-refresh", "--explain", "--limit", "1", "retryUpload"], { cwd });
    expect(explained.stdout).toMatch(/^ {4}path factor +\d\.\d{4}\n {4}score +\d+\.\d{4}$/m);

    const nothing = await cli(["search", "--path", "no/such/**", "upload"], { cwd });
    expect(nothing).toEqual({ code: 1, stdout: "", stderr: "Nothing found.\n" });
    const nothingJson = await cli(["search", "--path", "no/such/**", "--json", "--", "--upload"], { cwd });
    expect(nothingJson.code).toBe(1);
    expect(documentOf(nothingJson)).toMatchObject({ query: "--upload", hits: [] });
  });

  test("never builds an index anew: it says what differs and how `index` is told", async () => {
    const cwd = await workspaceWith(files);
    await cli(["index", "--chunk-chars", "200"], { cwd });
    const refused = await cli(["search", "--chunk-chars", "900", "retryUpload"], { cwd });
    expect(refused).toEqual({
      code: 2,
      stdout: "",
      stderr: [
        `error[INDEX_OUTDATED]: The index at ${join(cwd, ".resona")} does not match: it was made with --chunk-chars 200, not 900.`,
        "Run `resona index --chunk-chars 900` to build it anew, or leave --chunk-chars out to use it as it is.",
        "",
      ].join("\n"),
    });
    const variable = await cli(["search", "--json", "retryUpload"], { cwd, env: { RESONA_CHUNK_CHARS: "900" } });
    expect(documentOf(variable).error).toMatchObject({
      code: "INDEX_OUTDATED",
      nextStep: "Run `resona index` to build it anew, or unset RESONA_CHUNK_CHARS to use it as it is.",
    });
    const own = await cli(["search", "--json", "retryUpload"], { cwd });
    expect(documentOf(own)["refresh"]).toMatchObject({ filesIndexed: 0, filesInIndex: 2 });
    expect(own.stderr).toBe("");
  });

  test("goes on in an index that another process is writing", async () => {
    const cwd = await workspaceWith(files);
    await cli(["index"], { cwd });
    // What a writer on another host holds: its process cannot be looked at, its heartbeat is young.
    await mkdir(join(cwd, ".resona/writer.lock"));
    await writeFile(join(cwd, ".resona/writer.json"), '{ "pid": 7, "host": "elsewhere", "since": "today" }');
    const search = await cli(["search", "retryUpload"], { cwd });
    expect(search).toMatchObject({ code: 0 });
    expect(search.stdout).toContain("src/retry.ts");
    expect(search.stderr).toMatch(
      /^note: The index at .* is being written by process 7 on elsewhere since today\. Searching what is there\.\n$/,
    );
    const index = await cli(["index", "--json"], { cwd });
    expect(index.code).toBe(2);
    expect(documentOf(index).error?.code).toBe("INDEX_LOCKED");
  });

  test.skipIf(process.platform === "win32")("cannot be used to drive a terminal by a file's name", async () => {
    const name = "a\n\u001b[2J😀.ts";
    const cwd = await workspaceWith({ [name]: "export const volcano = 1;\n" });
    const run = await cli(["search", "volcano"], { cwd });
    expect(run.stdout).toMatch(/^a\\n\\u001b\[2J😀\.ts:1 {2}/);
    expect(documentOf(await cli(["search", "--json", "volcano"], { cwd })).hits?.[0]?.path).toBe(name);
  });

  test("has colours only where they are wanted", async () => {
    const cwd = await workspaceWith(files);
    expect((await cli(["search", "upload"], { cwd })).stdout).not.toContain("\u001b");
    const forced = await cli(["search", "upload"], { cwd, env: { FORCE_COLOR: "1" } });
    expect(forced.stdout).toContain("\u001b[");
  });

  test("ends quietly when nobody reads on", async () => {
    const cwd = await workspaceWith(files);
    const child = startCli(["search", "upload"], { cwd });
    child.stdout?.destroy();
    const { code, stderr } = await cliResult(child);
    expect(code).toBe(0);
    expect(stderr).not.toMatch(/error|EPIPE/);
  });
});

describe("trouble", () => {
  test("nothing to index is code 1 and one sentence", async () => {
    const cwd = await workspaceWith({ "logo.png": files["logo.png"] });
    const index = await cli(["index"], { cwd });
    expect(index.code).toBe(1);
    expect(index.stdout).toMatch(/^There is nothing to index in .*: the one file found was skipped\.\n/);
    const search = await cli(["search", "upload"], { cwd });
    expect(search).toMatchObject({ code: 1, stdout: "" });
    expect(search.stderr).toContain("There is nothing to index in");
  });

  test.each([
    ["a workspace that is not there", ["index", "--workspace", "nowhere"], "WORKSPACE_NOT_FOUND"],
    ["a workspace that is a file", ["search", "--workspace", "logo.png", "x"], "WORKSPACE_NOT_A_FOLDER"],
    ["a search without an index", ["search", "--no-refresh", "x"], "NO_INDEX"],
    ["statistics without an index", ["stats"], "NO_INDEX"],
    ["wrong arguments", ["serch", "x"], "USAGE"],
  ])("%s is code 2 and one sentence with a next step", async (_case, argv, code) => {
    const run = await cli(argv, { cwd: await workspaceWith(files) });
    expect(run).toMatchObject({ code: 2, stdout: "" });
    expect(run.stderr).toMatch(new RegExp(`^error\\[${code}\\]: .+\n.+\n$`));
  });

  test("a query of 100 KB is refused", async () => {
    const run = await cli(["search", "--json", "x ".repeat(50_000)], { cwd: await workspaceWith(files) });
    expect(run.code).toBe(2);
    expect(documentOf(run)).toMatchObject({ schema: 1, error: { code: "QUERY_TOO_LONG" } });
  });

  test("a bad value in the environment names its variable", async () => {
    const run = await cli(["stats"], { cwd: await workspaceWith(files), env: { RESONA_CHUNK_CHARS: "many" } });
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/^error\[OPTION_INVALID\]: RESONA_CHUNK_CHARS must be a whole number/);
  });
});

describe.skipIf(process.platform === "win32")("an interruption", () => {
  test("keeps what was indexed, says so, and the same command continues", async () => {
    // Small chunks make enough rows for several commits out of few files.
    const argv = ["index", "--chunk-chars", "200"];
    const count = 800;
    const body = (index: number): string =>
      Array.from({ length: 60 }, (_, line) => `export function job${index}_${line}() { return ${line}; }`).join("\n");
    const cwd = await workspaceWith(
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`job${index}.ts`, body(index)])),
    );
    const child = startCli(argv, { cwd });
    const result = cliResult(child);
    // The manifest says "writing" from just before the first commit to the end.
    while (child.exitCode === null && !(await manifest(cwd)).includes('"writing"')) await delay(5);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await result;
    expect(code).toBe(130);
    expect(stdout).toBe("");
    const told = /^Interrupted; ([\d,]+) files are indexed, run the same command to continue\.$/m;
    expect(stderr).toMatch(told);
    const indexed = Number(told.exec(stderr)?.[1]?.replaceAll(",", ""));
    expect(indexed).toBeGreaterThan(0);
    expect(indexed).toBeLessThan(count);

    const next = await cli([...argv, "--json"], { cwd });
    expect(next.code).toBe(0);
    expect(documentOf(next)).toMatchObject({ filesUnchanged: indexed, filesIndexed: count - indexed });
  });
});

async function manifest(cwd: string): Promise<string> {
  return readFile(join(cwd, ".resona/index.json"), "utf8").catch(() => "");
}
