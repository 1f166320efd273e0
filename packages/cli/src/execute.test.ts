import { type ErrorCode, type ProgressEvent, ResonaError } from "@resona/core";
import { describe, expect, test } from "vitest";

import { execute } from "./execute.ts";
import { fakeContext, FakeEngine, hit, summary, TextSink } from "./testing/fake-context.ts";

const locked = new ResonaError("INDEX_LOCKED", "The index is being written by process 7.", "Wait.");

function progress(stage: ProgressEvent["stage"]): ProgressEvent {
  const counts = { filesDone: 1, filesIndexed: 0, chunksIndexed: 0, bytesRead: 0, bytesPerSecond: 0, rssBytes: 0 };
  return { type: "progress", stage, ...counts };
}

function failing(error: unknown): () => never {
  return () => {
    throw error;
  };
}

describe("search", () => {
  test("brings the index up to date, searches it, closes the engine and prints the hits", async () => {
    const engine = new FakeEngine();
    const context = fakeContext(engine, { cwd: "/" });
    expect(await execute(["search", "where", "is", "it"], context)).toBe("done");
    expect(engine.calls).toEqual(["index", "search where is it", "close"]);
    expect(engine.indexOptions).toMatchObject({ ifOutdated: "refuse" });
    expect(context.stdout.text).toMatch(/^w\/src\/retry\.ts:9-11 {2}0\.873/);
    expect(context.stderr.text).toBe(
      "Indexed 2 files (5 chunks, 1.5 kB read) in 420 ms; 1 unchanged, 0 removed; peak memory 123 MB.\n",
    );
  });

  test("passes on what was asked for", async () => {
    const engine = new FakeEngine();
    const argv = "search --limit 3 --path a/** --path b --language go --explain --no-refresh q --workspace /x".split(
      " ",
    );
    const context = fakeContext(engine);
    await execute(argv, context);
    expect(engine.calls).toEqual(["search q", "close"]);
    expect(engine.searchOptions).toMatchObject({
      limit: 3,
      pathGlobs: ["a/**", "b"],
      languages: ["go"],
      explain: true,
    });
    expect(context.opened).toEqual([{ workspace: "/x" }]);
  });

  test("takes what follows -- as the query", async () => {
    const engine = new FakeEngine();
    await execute(["search", "--no-refresh", "--", "--json", "-x"], fakeContext(engine));
    expect(engine.calls[0]).toBe("search --json -x");
  });

  test("says nothing about an index that was up to date", async () => {
    const engine = new FakeEngine();
    engine.indexes = () => ({ ...summary, filesIndexed: 0 });
    const context = fakeContext(engine);
    await execute(["search", "q"], context);
    expect(context.stderr.text).toBe("");
  });

  test("mentions files that could not be indexed and searches the rest", async () => {
    const engine = new FakeEngine();
    engine.indexes = () => ({ ...summary, filesIndexed: 0, filesFailed: 1, failures: [{ path: "a", message: "b" }] });
    const context = fakeContext(engine);
    expect(await execute(["search", "q"], context)).toBe("done");
    expect(context.stderr.text).toBe("note: 1 file could not be indexed; `resona index` names them.\n");
  });

  test("mentions chunks that the model did not read to their ends", async () => {
    const engine = new FakeEngine();
    engine.indexes = () => ({ ...summary, filesIndexed: 0, truncatedChunks: 2, maxTokens: 64 });
    const context = fakeContext(engine);
    await execute(["search", "q"], context);
    expect(context.stderr.text).toMatch(/^note: 2 chunks are longer than the 64 tokens that the model reads; /);
  });

  test("without hits has found nothing", async () => {
    const engine = new FakeEngine();
    engine.finds = () => [];
    const context = fakeContext(engine);
    expect(await execute(["search", "--no-refresh", "q"], context)).toBe("nothing-found");
    expect(context.stdout.text).toBe("");
    expect(context.stderr.text).toBe("Nothing found.\n");
  });

  test("says when there is nothing to index, and does not search", async () => {
    const engine = new FakeEngine();
    engine.indexes = () => ({ ...summary, filesFound: 0, filesIndexed: 0 });
    const context = fakeContext(engine);
    expect(await execute(["search", "q"], context)).toBe("nothing-found");
    expect(engine.calls).toEqual(["index", "close"]);
    expect(context.stderr.text).toBe("There is nothing to index in /w: it holds no files.\n");
    const json = fakeContext(engine);
    expect(await execute(["search", "q", "--json"], json)).toBe("nothing-found");
    expect(JSON.parse(json.stdout.text)).toMatchObject({ hits: [], refresh: { filesFound: 0 } });
  });

  test.each<ErrorCode>(["INDEX_LOCKED", "INDEX_NOT_WRITABLE", "DISK_FULL"])(
    "searches what is there after %s",
    async (code) => {
      const engine = new FakeEngine();
      engine.indexes = failing(new ResonaError(code, "It cannot be written.", "Wait."));
      const context = fakeContext(engine);
      expect(await execute(["search", "q"], context)).toBe("done");
      expect(context.stderr.text).toBe("note: It cannot be written. Searching what is there.\n");
      expect(context.stdout.text).toContain("retryUpload");
    },
  );

  test("shows why the index could not be made if there is none to search", async () => {
    const engine = new FakeEngine();
    engine.indexes = failing(locked);
    engine.finds = failing(new ResonaError("NO_INDEX", "There is no index.", "Make one."));
    const context = fakeContext(engine);
    expect(await execute(["search", "q"], context)).toBe("trouble");
    expect(context.stderr.text).toBe("error[INDEX_LOCKED]: The index is being written by process 7.\nWait.\n");
  });

  test("does not search an index that another trouble kept from being refreshed", async () => {
    const engine = new FakeEngine();
    engine.indexes = failing(new ResonaError("INDEX_DAMAGED", "It is damaged.", "Rebuild."));
    expect(await execute(["search", "q"], fakeContext(engine))).toBe("trouble");
    expect(engine.calls).toEqual(["index", "close"]);
  });

  test("stops when interrupted while indexing", async () => {
    const engine = new FakeEngine();
    engine.indexes = () => ({ ...summary, status: "interrupted", filesIndexed: 2, filesInIndex: 1_350 });
    const context = fakeContext(engine);
    expect(await execute(["search", "q"], context)).toBe("interrupted");
    expect(engine.calls).toEqual(["index", "close"]);
    const message = "Interrupted; 1,350 files are indexed, run the same command to continue.";
    expect(context.stderr.text).toBe(`${message}\n`);
    const json = fakeContext(engine);
    expect(await execute(["search", "--json", "q"], json)).toBe("interrupted");
    expect(JSON.parse(json.stdout.text)).toMatchObject({ error: { code: "INTERRUPTED", message } });
  });

  test("stops when interrupted while searching", async () => {
    const engine = new FakeEngine();
    const controller = new AbortController();
    engine.finds = () => {
      controller.abort();
      throw controller.signal.reason;
    };
    const context = fakeContext(engine, { signal: controller.signal });
    expect(await execute(["search", "--no-refresh", "q"], context)).toBe("interrupted");
    expect(context.stderr.text).toBe("Interrupted.\n");
  });

  test.each([
    ["QUERY_EMPTY", ""],
    ["QUERY_EMPTY", "  "],
    ["QUERY_TOO_LONG", "word ".repeat(20_000)],
  ])("refuses with %s before any work", async (code, query) => {
    const engine = new FakeEngine();
    const context = fakeContext(engine);
    expect(await execute(["search", query], context)).toBe("trouble");
    expect(context.stderr.text).toContain(`[${code}]`);
    expect(engine.calls).toEqual([]);
  });
});

describe("index", () => {
  test("prints what was done", async () => {
    const engine = new FakeEngine();
    const context = fakeContext(engine);
    expect(await execute(["index", "--rebuild"], context)).toBe("done");
    expect(engine.calls).toEqual(["rebuild", "close"]);
    expect(engine.indexOptions?.ifOutdated).toBeUndefined();
    expect(context.stdout.text).toMatch(/^Indexed 2 files/);
  });

  test("an interruption says what stays, while it is awaited and after", async () => {
    const controller = new AbortController();
    const engine = new FakeEngine();
    engine.indexes = (options) => {
      options.onEvent?.(progress("indexing"));
      controller.abort();
      expect(options.signal?.aborted).toBe(true);
      return { ...summary, status: "interrupted" };
    };
    const context = fakeContext(engine, { signal: controller.signal });
    expect(await execute(["index"], context)).toBe("interrupted");
    expect(context.stdout.text).toBe("");
    expect(context.stderr.text).toBe(
      "note: Finishing what is being written; interrupt again to stop at once.\nInterrupted; 3 files are indexed, run the same command to continue.\n",
    );
  });

  test("an interrupted rebuild is continued without the flag, which would begin anew", async () => {
    const engine = new FakeEngine();
    engine.indexes = () => ({ ...summary, status: "interrupted" });
    const context = fakeContext(engine);
    expect(await execute(["index", "--rebuild"], context)).toBe("interrupted");
    expect(context.stderr.text).toMatch(/run the same command without --rebuild to continue\.\n$/);
  });

  test("an interruption before anything is written promises nothing to finish", async () => {
    const controller = new AbortController();
    const engine = new FakeEngine();
    engine.indexes = (options) => {
      options.onEvent?.(progress("checking"));
      controller.abort();
      throw controller.signal.reason;
    };
    const context = fakeContext(engine, { signal: controller.signal });
    expect(await execute(["index"], context)).toBe("interrupted");
    expect(context.stderr.text).toBe("Interrupted.\n");
  });

  test("under --json progress is silent and notices are not", async () => {
    const engine = new FakeEngine();
    engine.indexes = ({ onEvent }) => {
      onEvent?.({ type: "notice", code: "REBUILT", message: "The index is built anew." });
      return summary;
    };
    const context = fakeContext(engine, { stderr: new TextSink({ columns: 80 }) });
    await execute(["index", "--json"], context);
    expect(JSON.parse(context.stdout.text)).toMatchObject({ command: "index", indexPath: "/w/.resona" });
    expect(context.stderr.text).toContain("The index is built anew.");
  });

  test("closes the engine when it fails", async () => {
    const engine = new FakeEngine();
    engine.indexes = failing(locked);
    expect(await execute(["index"], fakeContext(engine))).toBe("trouble");
    expect(engine.calls).toEqual(["index", "close"]);
  });
});

test("stats prints the state of the index", async () => {
  const engine = new FakeEngine();
  const context = fakeContext(engine);
  expect(await execute(["stats"], context)).toBe("done");
  expect(engine.calls).toEqual(["stats", "diagnose", "close"]);
  expect(context.stdout.text).toMatch(/^Workspace {2}\/w\n/);
});

describe("failures", () => {
  test.each([
    [["serch"], "Unknown command 'serch'.", "Did you mean search?"],
    [["index", "--rebild"], "Unknown option '--rebild'.", "Did you mean --rebuild?"],
    [
      ["stats", "x"],
      "Too many arguments for 'stats'. Expected 0 arguments but got 1: x.",
      "See `resona stats --help`.",
    ],
    [["search"], "Missing required argument 'query'.", "See `resona search --help`."],
    [["search", "--limit"], "Option '--limit <n>' argument missing.", "See `resona search --help`."],
    [
      ["search", "--limit", "0", "q"],
      "Option '--limit <n>' argument '0' is invalid. It must be a whole number from 1 to 100.",
      "See `resona search --help`.",
    ],
    [
      ["search", "--path", "", "q"],
      "Option '--path <glob>' argument '' is invalid. It must not be empty.",
      "See `resona search --help`.",
    ],
    [["--colour"], "Unknown option '--colour'.", "See `resona --help`."],
    [
      ["stats", "--branch", "x"],
      "--branch is about a repository that is given by its URL.",
      "Leave it out: a folder is taken as it is checked out.",
    ],
  ])("%j is answered with one sentence and a next step", async (argv, message, nextStep) => {
    const context = fakeContext(new FakeEngine());
    expect(await execute(argv, context)).toBe("trouble");
    expect(context.stderr.text).toBe(`error[USAGE]: ${message}\n${nextStep}\n`);
    expect(context.stdout.text).toBe("");
    const json = fakeContext(new FakeEngine());
    expect(await execute([...argv.slice(0, 1), "--json", ...argv.slice(1)], json)).toBe("trouble");
    expect(json.stderr.text).toBe("");
    expect(JSON.parse(json.stdout.text)).toEqual({ schema: 1, error: { code: "USAGE", message, nextStep } });
  });

  test("the help of a command within another is named as it is called", async () => {
    const context = fakeContext(new FakeEngine());
    await execute(["model", "inspect"], context);
    expect(context.stderr.text).toContain("Missing required argument 'file'.\nSee `resona model inspect --help`.\n");
  });

  test("an option of the engine sends to the help of the command that it was given to", async () => {
    const error = new ResonaError("OPTION_INVALID", "chunkChars is odd.", "See `resona --help` for the options.");
    for (const [argv, command] of [
      [["stats"], "stats"],
      [["watch", "--json"], "watch"],
    ] as const) {
      const context = fakeContext(new FakeEngine(), { openEngine: () => Promise.reject(error) });
      expect(await execute(argv, context)).toBe("trouble");
      const nextStep = `See \`resona ${command} --help\` for the options and their bounds.`;
      expect(context.stdout.text + context.stderr.text).toContain(nextStep);
    }
  });

  test("a huge argument does not fill the terminal", async () => {
    const context = fakeContext(new FakeEngine());
    await execute(["search", "--limit", "9".repeat(100_000), "q"], context);
    expect(context.stderr.text.length).toBeLessThan(600);
  });

  test("what nobody foresaw is one sentence, with its stack only on request", async () => {
    const engine = new FakeEngine();
    engine.indexes = failing(new TypeError("x is not\na function"));
    const context = fakeContext(engine);
    expect(await execute(["index"], context)).toBe("trouble");
    expect(context.stderr.text).toBe(
      "error[UNEXPECTED]: X is not a function.\nSet RESONA_DEBUG=1 to see where it comes from.\n",
    );
    const debug = fakeContext(engine, { env: { RESONA_DEBUG: "1" } });
    await execute(["index"], debug);
    expect(debug.stderr.text).toMatch(/TypeError: x is not\na function\n +at /);
  });

  test("something thrown that is no error is told all the same", async () => {
    const engine = new FakeEngine();
    engine.indexes = failing("out of luck");
    const context = fakeContext(engine);
    await execute(["index"], context);
    expect(context.stderr.text).toMatch(/^error\[UNEXPECTED\]: Out of luck\.\n/);
  });
});

test("help and version are printed on stdout, help without a command on stderr", async () => {
  const help = fakeContext(new FakeEngine());
  expect(await execute(["--help"], help)).toBe("done");
  for (const example of ["resona search where are uploads retried", "resona model inspect", "resona index --model"])
    expect(help.stdout.text).toContain(example);
  expect(help.stderr.text).toBe("");

  const version = fakeContext(new FakeEngine());
  expect(await execute(["--version"], version)).toBe("done");
  expect(version.stdout.text).toMatch(/^\d+\.\d+\.\d+\n$/);

  const bare = fakeContext(new FakeEngine());
  expect(await execute([], bare)).toBe("trouble");
  expect(bare.stdout.text).toBe("");
  expect(bare.stderr.text).toContain("Usage: resona");
});

test("a terminal gets colours and cut lines, a pipe neither", async () => {
  const long = { ...hit, snippet: "y".repeat(300) };
  const engine = new FakeEngine();
  engine.finds = () => [long];
  const terminal = fakeContext(engine, { stdout: new TextSink({ columns: 40 }) });
  await execute(["search", "--no-refresh", "q"], terminal);
  expect(terminal.stdout.text).toContain("…");
  expect(terminal.stdout.text).toContain("\u001B[");
  const pipe = fakeContext(engine);
  await execute(["search", "--no-refresh", "q"], pipe);
  expect(pipe.stdout.text).toContain(long.snippet);
  expect(pipe.stdout.text).not.toContain("\u001B[");
});
