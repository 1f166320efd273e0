import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, rmdirSync, symlinkSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm, statfs, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { type Engine, type EngineOptions, type IndexEvent, type IndexSummary, openEngine } from "../src/index.ts";
import { type EmbeddingRequest, embeddingsOf, json, silence, startEmbeddingServer } from "./embedding-server.ts";
import { git, repository } from "./git-repository.ts";
import { outputOf } from "./index-process.ts";
import { temporaryFolder } from "./temp-folder.ts";

/** Long ago enough to be trusted. */
const EARLIER = 1_700_000_000;

async function write(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
    await utimes(join(root, path), EARLIER, EARLIER);
  }
}

async function workspaceWith(files: Readonly<Record<string, string>>): Promise<string> {
  const workspace = await temporaryFolder();
  await write(workspace, files);
  return workspace;
}

async function engineFor(workspace: string, options: EngineOptions = {}): Promise<Engine> {
  const engine = await openEngine({ workspace, ...options });
  onTestFinished(() => engine.close());
  return engine;
}

/** The paths that a search for a word finds, in alphabetical order. */
async function found(engine: Engine, query: string): Promise<string[]> {
  return (await engine.search(query)).hits.map(({ path }) => path).toSorted();
}

/**
 * Indexes, and does something to the workspace when all of its files (no more than are listed at once) are found and
 * none of them is read.
 */
function indexWhile(engine: Engine, change: () => void): Promise<IndexSummary> {
  let isDone = false;
  return engine.index({
    onEvent: (event) => {
      if (isDone || event.type !== "progress") return;
      isDone = true;
      change();
    },
  });
}

/** Opens the engine in a process of its own, indexes and gives what it printed last. */
async function indexInProcess(
  workspace: string,
  { options = {}, env = {}, within = [] }: Setting = {},
): Promise<Partial<IndexSummary> & { readonly code?: string }> {
  const script = `
    import { openEngine } from ${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)};
    const engine = await openEngine(${JSON.stringify({ workspace, ...options })});
    console.log(JSON.stringify(await engine.index().catch(({ code, message }) => ({ code, message }))));
    await engine.close();`;
  const node = [process.execPath, "--conditions=@resona/source", "--input-type=module", "-e", script];
  const [program = "", ...args] = [...within, ...node];
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  return JSON.parse(await outputOf(child)) as Partial<IndexSummary> & { readonly code?: string };
}

interface Setting {
  readonly options?: EngineOptions;
  readonly env?: Readonly<Record<string, string>>;
  /** A program that runs another one. */
  readonly within?: readonly string[];
}

/** Whether a program runs that takes the rights of an administrator of Linux. */
function isAllowed(program: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const mayMount = isAllowed("unshare", "--mount", "true");
const mayCutNetwork = isAllowed("unshare", "--net", "true");

/** A file system of its own, unmounted when the test ends. */
function mountDisk(size: string): string {
  const folder = mkdtempSync(join(tmpdir(), "resona-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder]);
  onTestFinished(() => {
    execFileSync("umount", ["--lazy", folder]);
    rmdirSync(folder);
  });
  return folder;
}

const files = { "a.txt": "alpha harbour\n", "b.txt": "beta harbour\n", "c.txt": "gamma harbour\n" };

describe.each(["for the first time", "again"])("a file that is indexed %s and between finding and reading", (when) => {
  /** With `b.txt` to be read: new, or of a later time and other content than what the index holds. */
  async function prepared(): Promise<{ readonly workspace: string; readonly engine: Engine; readonly b: string }> {
    const workspace = await workspaceWith(files);
    const engine = await engineFor(workspace);
    const b = join(workspace, "b.txt");
    if (when === "again") {
      await engine.index();
      await writeFile(b, "beta harbour, later\n");
    }
    return { workspace, engine, b };
  }
  const others = { status: "completed", failures: [], filesFailed: 0 };

  it("vanishes is not there, and nothing has failed", async () => {
    const { engine, b } = await prepared();
    const summary = await indexWhile(engine, () => rmSync(b));
    expect(summary).toMatchObject({ ...others, filesFound: 2, filesInIndex: 2, skipped: {} });
    expect(summary.filesRemoved).toBe(when === "again" ? 1 : 0);
    expect(await found(engine, "harbour")).toEqual(["a.txt", "c.txt"]);
  });

  it("changes is indexed as it is read, and seen to have changed by the next run", async () => {
    const { engine, b } = await prepared();
    expect(await indexWhile(engine, () => writeFileSync(b, "delta harbour\n"))).toMatchObject(others);
    expect((await engine.search("delta")).hits[0]?.path).toBe("b.txt");
    writeFileSync(b, "theta harbour\n");
    await engine.index();
    expect((await engine.search("theta")).hits[0]).toMatchObject({ path: "b.txt", snippet: "theta harbour" });
  });

  it.each([
    ["grows beyond the limit", "too-large", (b: string) => writeFileSync(b, Buffer.alloc(2_000_000, "x\n"))],
    ["is emptied", "empty", (b: string) => writeFileSync(b, "")],
    ["becomes binary", "binary", (b: string) => writeFileSync(b, Buffer.alloc(100))],
    ["becomes a pipe", "not-a-file", (b: string) => void execFileSync("sh", ["-c", 'rm "$0" && mkfifo "$0"', b])],
  ])("%s is skipped: %s", async (_what, reason, change) => {
    const { engine, b } = await prepared();
    expect(await indexWhile(engine, () => change(b))).toMatchObject({ ...others, skipped: { [reason]: 1 } });
    expect(await found(engine, "harbour")).toEqual(["a.txt", "c.txt"]);
    expect(await engine.index()).toMatchObject({ ...others, filesIndexed: 0, skipped: { [reason]: 1 } });
  });

  it("becomes a folder is skipped, and what is in that is found by the next run", async () => {
    const { engine, b } = await prepared();
    const summary = await indexWhile(engine, () => {
      rmSync(b);
      mkdirSync(b);
      writeFileSync(join(b, "within.txt"), "epsilon harbour\n");
    });
    expect(summary).toMatchObject({ ...others, skipped: { "not-a-file": 1 } });
    expect(await found(engine, "harbour")).toEqual(["a.txt", "c.txt"]);
    expect(await engine.index()).toMatchObject({ ...others, skipped: {}, filesIndexed: 1 });
    expect(await found(engine, "harbour")).toEqual(["a.txt", "b.txt/within.txt", "c.txt"]);
  });

  it("becomes a link is not read through it", async () => {
    const { engine, b } = await prepared();
    const secret = join(await temporaryFolder(), "secret.txt");
    await writeFile(secret, "secret harbour\n");
    const summary = await indexWhile(engine, () => {
      rmSync(b);
      symlinkSync(secret, b);
    });
    expect(summary).toMatchObject({ ...others, filesInIndex: 2 });
    expect(await engine.index()).toMatchObject({ ...others, skipped: { "outside-link": 1 } });
    expect(await found(engine, "harbour")).toEqual(["a.txt", "c.txt"]);
  });

  it("is in a folder that is renamed is found by its new name", async () => {
    const workspace = await workspaceWith({ "src/a.txt": "alpha harbour\n", "src/b.txt": "beta harbour\n" });
    const engine = await engineFor(workspace);
    if (when === "again") {
      await engine.index();
      await write(workspace, { "src/b.txt": "beta harbour, later\n" });
    }
    const move = () => renameSync(join(workspace, "src"), join(workspace, "lib"));
    expect(await indexWhile(engine, move)).toMatchObject(others);
    expect(await engine.index()).toMatchObject({ ...others, filesIndexed: 2, filesInIndex: 2 });
    expect(await found(engine, "harbour")).toEqual(["lib/a.txt", "lib/b.txt"]);
  });

  // Nothing is unreadable for an administrator but what the system itself cannot read.
  it.skipIf(!mayMount)("becomes unreadable has failed, and is tried again by the next run", async () => {
    const { engine, b } = await prepared();
    const summary = await indexWhile(engine, () => {
      execFileSync("mount", ["--bind", `/proc/${process.pid}/mem`, b]);
    });
    execFileSync("umount", [b]);
    const failures = [{ path: "b.txt", message: "It could not be read: i/o error." }];
    const kept = when === "again" ? ["b.txt"] : [];
    expect(summary).toMatchObject({ status: "completed", filesFailed: 1, failures, filesInIndex: 2 + kept.length });
    expect(await engine.stats()).toMatchObject({ files: 2 + kept.length, filesFailed: 1, failures });
    expect((await engine.getDiagnostics()).findings).toMatchObject([
      { code: "FILES_FAILED", sentence: "1 file could not be indexed: b.txt (It could not be read: i/o error)." },
    ]);
    expect(await found(engine, "harbour")).toEqual(["a.txt", ...kept, "c.txt"]);
    expect(await engine.index()).toMatchObject({ ...others, filesIndexed: 1, filesInIndex: 3 });
    expect(await engine.stats()).toMatchObject({ files: 3, filesFailed: 0, failures: [] });
    expect((await engine.getDiagnostics()).findings).toEqual([]);
  });
});

it("a file that failed after it was indexed is well again when its content is the one that is indexed", async () => {
  const workspace = await workspaceWith(files);
  const engine = await engineFor(workspace);
  await engine.index();
  await rename(join(workspace, "b.txt"), join(workspace, "b.old"));
  symlinkSync("nowhere", join(workspace, "b.txt"));
  const failed = { filesFailed: 1, failures: [{ path: "b.txt" }] };
  expect(await engine.index()).toMatchObject(failed);
  expect(await engine.stats()).toMatchObject({ files: 4, ...failed });
  await rename(join(workspace, "b.old"), join(workspace, "b.txt"));
  expect(await engine.index()).toMatchObject({ filesFailed: 0, filesIndexed: 0, filesRemoved: 1 });
  expect(await engine.stats()).toMatchObject({ files: 3, filesFailed: 0, failures: [] });
});

describe("a workspace that vanishes", () => {
  it("after it was opened is not made again", async () => {
    const workspace = await workspaceWith(files);
    const engine = await engineFor(workspace);
    await rm(workspace, { recursive: true });
    await expect(engine.index()).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
    expect(existsSync(workspace)).toBe(false);
    await writeFile(workspace, "a file");
    await expect(engine.index()).rejects.toMatchObject({ code: "WORKSPACE_NOT_A_FOLDER" });
  });

  it("under a run does not empty an index that is elsewhere", async () => {
    const workspace = await workspaceWith(files);
    const engine = await engineFor(workspace, { index: join(await temporaryFolder(), "index") });
    await engine.index();
    await writeFile(join(workspace, "b.txt"), "beta harbour, later\n");
    const vanish = () => renameSync(workspace, `${workspace}.away`);
    await expect(indexWhile(engine, vanish)).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
    expect(await engine.stats()).toMatchObject({ files: 3, filesFailed: 0 });
    await rename(`${workspace}.away`, workspace);
    expect(await engine.index()).toMatchObject({ filesUnchanged: 2, filesIndexed: 1, filesRemoved: 0 });
  });
});

describe("the time of a file", () => {
  it.each([
    ["of 1970", 0],
    ["before 1970", -100_000],
    ["of the year 1901", -2_147_483_648],
  ])("%s is one like any other", async (_when, seconds) => {
    const workspace = await workspaceWith(files);
    // Node takes a negative number for the present time.
    const time = new Date(seconds * 1000);
    await utimes(join(workspace, "b.txt"), time, time);
    const engine = await engineFor(workspace);
    expect(await engine.index()).toMatchObject({ filesIndexed: 3 });
    expect(await engine.index()).toMatchObject({ filesUnchanged: 3, bytesRead: 0 });
  });

  it("in the future is not trusted: the file is read each time, and nothing is written as long as it is the same", async () => {
    const workspace = await workspaceWith(files);
    const future = Date.now() / 1000 + 86_400 * 365;
    const touch = () => utimes(join(workspace, "b.txt"), future, future);
    await touch();
    const engine = await engineFor(workspace);
    await engine.index();
    const { versions } = await engine.stats();
    expect(await engine.index()).toMatchObject({ filesUnchanged: 3, bytesRead: 13, batchesProcessed: 0 });
    expect((await engine.stats()).versions).toBe(versions);
    await writeFile(join(workspace, "b.txt"), "zeta harbour\n");
    await touch();
    expect(await engine.index()).toMatchObject({ filesIndexed: 1 });
    expect((await engine.search("zeta")).hits[0]?.path).toBe("b.txt");
  });
});

describe("names", () => {
  it("of which only the case has changed are those of other files", async () => {
    const workspace = await workspaceWith({ "Readme.md": "harbour\n", "Docs/a.txt": "harbour\n" });
    const engine = await engineFor(workspace);
    await engine.index();
    await rename(join(workspace, "Readme.md"), join(workspace, "README.md"));
    await rename(join(workspace, "Docs"), join(workspace, "docs"));
    expect(await engine.index()).toMatchObject({ filesIndexed: 2, filesRemoved: 2, filesInIndex: 2 });
    expect(await found(engine, "harbour")).toEqual(["README.md", "docs/a.txt"]);
  });

  it.skipIf(process.platform !== "linux")("that are not UTF-8 are told, and take nothing with them", async () => {
    const workspace = await workspaceWith(files);
    for (const name of ["caf\u00e9.txt", "\u00ff\u00fe.txt"])
      writeFileSync(Buffer.from(join(workspace, name), "latin1"), "harbour\n");
    const engine = await engineFor(workspace);
    const counts = { filesFound: 5, skipped: { "unsupported-name": 2 }, filesFailed: 0 };
    expect(await engine.index()).toMatchObject({ ...counts, filesIndexed: 3 });
    expect(await engine.index()).toMatchObject({ ...counts, filesUnchanged: 5 });
  });

  it.each(["walked", "listed by git"])(
    "too long for the system are told, and take nothing with them: %s",
    async (how) => {
      const workspace = how === "walked" ? await workspaceWith({}) : await repository({});
      await write(workspace, files);
      // Twenty folders of 250 characters, one in the other: more than the 4,096 bytes that a path may have on Linux.
      const name = "d".repeat(250);
      const nest = `
        for (let depth = 0; depth < 20; depth++) {
          fs.mkdirSync("${name}");
          process.chdir("${name}");
          fs.writeFileSync("f.txt", "harbour " + depth);
        }`;
      try {
        execFileSync(process.execPath, ["-e", nest], { cwd: workspace });
        const engine = await engineFor(workspace);
        const { filesIndexed, filesFailed, failures, status } = await engine.index();
        expect({ status, filesFailed, failures }).toEqual({ status: "completed", filesFailed: 0, failures: [] });
        expect(filesIndexed).toBeGreaterThan(3 + 10);
        expect(await engine.index()).toMatchObject({ filesIndexed: 0, filesRemoved: 0 });
      } finally {
        // By folders: no path reaches the deepest ones.
        execFileSync("rm", ["-rf", join(workspace, name)]);
      }
    },
  );
});

describe("much of something", () => {
  it("in one line: 50 MB of it are read with bounded memory, and skipped", async () => {
    const workspace = await workspaceWith(files);
    await writeFile(join(workspace, "big.json"), Buffer.alloc(50_000_000, '{"a":[1,2,3],"b":"harbour"},'));
    const strict = await indexInProcess(workspace);
    expect(strict).toMatchObject({ filesIndexed: 3, skipped: { "too-large": 1 } });
    const lenient = await indexInProcess(workspace, { options: { maxFileBytes: 67_108_864 } });
    expect(lenient).toMatchObject({ filesUnchanged: 3, filesIndexed: 0, skipped: { minified: 1 }, filesFailed: 0 });
    expect((lenient.peakRssBytes ?? 0) - (strict.peakRssBytes ?? 0)).toBeLessThan(200_000_000);
  });

  it("in tiny files: each is a row, and they are written together", async () => {
    const workspace = await temporaryFolder();
    for (let n = 0; n < 4_000; n++) {
      const folder = join(workspace, `d${n % 20}`);
      if (n < 20) mkdirSync(folder);
      writeFileSync(join(folder, `f${n}.txt`), `harbour ${n}\n`);
    }
    const engine = await engineFor(workspace);
    const summary = await engine.index();
    expect(summary).toMatchObject({ filesIndexed: 4_000, chunksWritten: 4_000, filesFailed: 0 });
    // One more for each five seconds that it takes.
    expect(summary.batchesProcessed).toBeLessThan(2 + Math.ceil(summary.durationMs / 5_000));
    expect((await engine.search("harbour 3999")).hits[0]?.path).toBe("d19/f3999.txt");
  });
});

describe("an embedding service", () => {
  async function engineWith(vectorOf: (text: string) => unknown, workspace: string): Promise<Engine> {
    const server = await startEmbeddingServer(
      json((request: EmbeddingRequest) => ({
        data: embeddingsOf(request).map((entry, n) => {
          const vector = vectorOf(request.body.input[n] ?? "");
          return vector === undefined ? entry : { ...entry, embedding: vector };
        }),
      })),
    );
    return engineFor(workspace, { embeddingUrl: server.url, embeddingModel: "m" });
  }
  const isBeta = (text: string) => text.includes("beta");

  it("that gives huge numbers gives directions all the same", async () => {
    const huge = (text: string) => (isBeta(text) ? [3e38, ...Array(7).fill(0)] : [0, 3e38, ...Array(6).fill(-3e38)]);
    const engine = await engineWith(huge, await workspaceWith(files));
    expect(await engine.index()).toMatchObject({ filesIndexed: 3, filesFailed: 0 });
    // The query is among the texts with that direction, and names none of them.
    expect((await engine.search("betamax")).hits[0]?.path).toBe("b.txt");
    expect((await engine.getDiagnostics({ deep: true })).findings).toEqual([]);
  });

  it.each([
    ["infinite", Array(8).fill(1e39), "finite numbers"],
    ["no numbers", Array(8).fill(null), "finite numbers"],
    ["words", Array(8).fill("0.5"), "finite numbers"],
    ["zeros", Array(8).fill(0), "all zeros"],
  ])("that gives vectors of %s for one file leaves out that one", async (_what, vector, why) => {
    const engine = await engineWith((text) => (isBeta(text) ? vector : undefined), await workspaceWith(files));
    expect(await engine.index()).toMatchObject({
      filesIndexed: 2,
      failures: [{ path: "b.txt", message: expect.stringContaining(why) as string }],
    });
    expect(await engine.stats()).toMatchObject({ files: 2, filesFailed: 1, failures: [{ path: "b.txt" }] });
  });

  it("that gives wider vectors from some day on ends the run, and what was indexed stays", async () => {
    let dimension = 8;
    const server = await startEmbeddingServer(json((request) => ({ data: embeddingsOf(request, dimension) })));
    const workspace = await workspaceWith(files);
    const engine = await engineFor(workspace, { embeddingUrl: server.url, embeddingModel: "m" });
    await engine.index();
    dimension = 16;
    await writeFile(join(workspace, "d.txt"), "delta harbour\n");
    await expect(engine.index()).rejects.toMatchObject({ code: "EMBEDDER_DIMENSION_CHANGED" });
    expect(await engine.stats()).toMatchObject({ files: 3, filesFailed: 0 });
    dimension = 8;
    expect(await engine.index()).toMatchObject({ filesIndexed: 1, filesInIndex: 4 });
  });

  it("that says nothing can be left alone at any time", async () => {
    const server = await startEmbeddingServer();
    const workspace = await workspaceWith(files);
    const engine = await engineFor(workspace, { embeddingUrl: server.url, embeddingModel: "m" });
    await engine.index();
    await writeFile(join(workspace, "b.txt"), "beta harbour, later\n");
    const controller = new AbortController();
    server.next((request, response) => {
      controller.abort();
      return silence(request, response);
    });
    expect(await engine.index({ signal: controller.signal })).toMatchObject({ status: "interrupted", filesInIndex: 3 });
    expect(await engine.index()).toMatchObject({ status: "completed", filesIndexed: 1 });
  });
});

describe("a machine", () => {
  it.skipIf(!mayMount)(
    "whose disk is full half-way keeps what was written, and goes on when there is space",
    async () => {
      const disk = mountDisk("12m");
      const workspace = await temporaryFolder();
      const text = Array.from({ length: 200 }, (_, n) => `harbour ${Math.sin(n)} of ships and quays\n`).join("");
      for (let n = 0; n < 1_500; n++) await writeFile(join(workspace, `f${n}.txt`), `${n}\n${text}`);
      const engine = await engineFor(workspace, { index: join(disk, "index"), chunkChars: 800 });
      await expect(engine.index()).rejects.toMatchObject({ code: "DISK_FULL" });
      const { bavail, bsize } = await statfs(disk);
      expect(bavail * bsize).toBeLessThan(12_000_000);
      const { files: written } = await engine.stats();
      expect(written).toBeGreaterThan(0);
      await expect(engine.index()).rejects.toMatchObject({ code: "DISK_FULL" });
      execFileSync("mount", ["-o", "remount,size=400m", disk]);
      const events: IndexEvent[] = [];
      const summary = await engine.index({ onEvent: (event) => events.push(event) });
      expect(summary).toMatchObject({ status: "completed", filesInIndex: 1_500, filesFailed: 0 });
      expect(summary.filesUnchanged).toBeGreaterThanOrEqual(written);
      expect(events).toContainEqual(expect.objectContaining({ code: "CONTINUED" }));
      expect((await engine.getDiagnostics({ deep: true })).findings).toEqual([]);
    },
  );

  it.skipIf(!mayCutNetwork)("without a network indexes with the model of the package", async () => {
    const workspace = await workspaceWith(files);
    expect(await indexInProcess(workspace, { within: ["unshare", "--net"] })).toMatchObject({ filesIndexed: 3 });
  });

  it("without git indexes a repository by walking it", async () => {
    const workspace = await repository({ ...files, ".gitignore": "ignored.txt\n", "ignored.txt": "harbour\n" });
    expect(git(workspace, "ls-files")).toContain("a.txt");
    const summary = await indexInProcess(workspace, { env: { PATH: join(workspace, "nowhere") } });
    expect(summary).toMatchObject({ status: "completed", filesIndexed: 4, filesFailed: 0 });
  });
});
