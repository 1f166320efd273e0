import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import { type Engine, type EngineOptions, type IndexEvent, openEngine } from "../src/index.ts";
import { temporaryFolder } from "./temp-folder.ts";

const uploads = `
/** Uploads a file and retries with a growing delay when the server is busy. */
export async function uploadWithRetry(file: string, attempts: number): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (await tryUpload(file)) return;
    await sleep(2 ** attempt * 100);
  }
}
`;
const invoices = `
def total_of_invoice(invoice):
    """Adds up the positions of an invoice, with tax."""
    return sum(position.amount * (1 + position.tax) for position in invoice.positions)
`;

async function write(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
    // Older than the clock's coarsest tick, so that its time can be trusted.
    await utimes(join(folder, path), 1_700_000_000, 1_700_000_000);
  }
}

async function workspaceWith(files: Record<string, string | Uint8Array>): Promise<string> {
  const workspace = await temporaryFolder();
  await write(workspace, files);
  return workspace;
}

async function engineFor(workspace: string, options: EngineOptions = {}): Promise<Engine> {
  const engine = await openEngine({ workspace, ...options });
  onTestFinished(() => engine.close());
  return engine;
}

async function answer(engine: Engine, query: string): Promise<string | undefined> {
  return (await engine.search(query)).hits[0]?.path;
}

it("files are counted before they are indexed, up to a limit, and nothing is written", async () => {
  const workspace = await workspaceWith({ "a.ts": uploads, "lib/b.py": invoices, "lib/c.png": "", "out/d.js": "" });
  const engine = await engineFor(workspace, { exclude: ["out"] });
  // An excluded folder is one.
  expect(await engine.countFiles({ limit: 100 })).toBe(4);
  expect(await engine.countFiles({ limit: 2 })).toBe(2);
  await expect(engine.countFiles({ limit: 2, signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow(
    "enough",
  );
  expect(existsSync(engine.indexPath)).toBe(false);
});

describe("an index", () => {
  it("answers a question in words and one by name with the right lines", async () => {
    const workspace = await workspaceWith({ "src/net/upload.ts": uploads, "billing/invoice.py": invoices });
    const engine = await engineFor(workspace);
    const summary = await engine.index();
    expect(summary).toMatchObject({ status: "completed", filesFound: 2, filesIndexed: 2, failures: [] });
    const { hits } = await engine.search("where are failed uploads retried");
    expect(hits[0]).toMatchObject({ path: "src/net/upload.ts", language: "typescript", symbols: ["uploadWithRetry"] });
    const source = (await readFile(join(workspace, "src/net/upload.ts"), "utf8")).split("\n");
    expect(hits[0]?.snippet).toBe(source.slice((hits[0]?.startLine ?? 1) - 1, hits[0]?.endLine).join("\n"));
    expect(await answer(engine, "total_of_invoice")).toBe("billing/invoice.py");
  });

  it("reads nothing again when nothing changed, and writes no version", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads, "b.py": invoices });
    const engine = await engineFor(workspace);
    await engine.index();
    const before = await engine.stats();
    expect(await engine.index()).toMatchObject({ filesUnchanged: 2, filesIndexed: 0, bytesRead: 0 });
    expect((await engine.stats()).versions).toBe(before.versions);
  });

  it("follows changed, new, renamed and deleted files", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads, "b.py": invoices, "c.md": "# Deployment\n\nShip it." });
    const engine = await engineFor(workspace);
    await engine.index();
    await appendFile(join(workspace, "a.ts"), "\nexport function pauseScheduler(): void {}\n");
    await rename(join(workspace, "b.py"), join(workspace, "moved.py"));
    await rm(join(workspace, "c.md"));
    await write(workspace, { "d/new.go": "package d\n\nfunc RotateKeys() {}\n" });
    expect(await engine.index()).toMatchObject({ filesFound: 3, filesIndexed: 3, filesRemoved: 2 });
    expect(await answer(engine, "pauseScheduler")).toBe("a.ts");
    expect(await answer(engine, "total_of_invoice")).toBe("moved.py");
    expect(await answer(engine, "RotateKeys")).toBe("d/new.go");
    expect(await engine.stats()).toMatchObject({ files: 3, failures: [] });
  });

  it("sees a change that keeps size and time when the time was too young to trust", async () => {
    const workspace = await workspaceWith({});
    await writeFile(join(workspace, "a.ts"), "export function alphaOne() {}\n");
    const engine = await engineFor(workspace);
    await engine.index();
    await writeFile(join(workspace, "a.ts"), "export function gammaTwo() {}\n");
    await engine.index();
    expect(await answer(engine, "gammaTwo")).toBe("a.ts");
  });

  it("names every reason why a file was skipped", async () => {
    const workspace = await workspaceWith({
      "a.ts": uploads,
      "logo.png": new Uint8Array([1, 2, 0, 3]),
      "data.bin2": new Uint8Array([1, 2, 0, 3]),
      "package-lock.json": "{}",
      "big.txt": "word ".repeat(300_000),
      "blank.txt": "\n\n",
    });
    const engine = await engineFor(workspace);
    const skipped = { binary: 2, "lock-file": 1, "too-large": 1, empty: 1 };
    expect((await engine.index()).skipped).toEqual(skipped);
    expect((await engine.index()).skipped).toEqual(skipped);
    const stats = await engine.stats();
    expect(stats.skipped).toEqual(skipped);
    expect(stats.skippedPaths["lock-file"]).toEqual(["package-lock.json"]);
    expect(stats.skippedPaths.binary?.toSorted()).toEqual(["data.bin2", "logo.png"]);
  });

  it("leaves out what globs exclude, forgets what it had of that, and takes it in again without them", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads, "old/b.py": invoices, "old/c/d.py": invoices });
    const all = await engineFor(workspace);
    await all.index();
    expect(await answer(all, "total_of_invoice")).toMatch(/^old\//);
    const some = await engineFor(workspace, { exclude: ["old"] });
    const summary = await some.index();
    expect(summary).toMatchObject({ filesInIndex: 1, filesRemoved: 2, skipped: { excluded: 1 } });
    expect((await some.stats()).skippedPaths).toEqual({ excluded: ["old"] });
    expect(await answer(some, "total_of_invoice")).not.toMatch(/^old\//);
    expect(await some.index()).toMatchObject({ filesUnchanged: 2, filesIndexed: 0, filesRemoved: 0 });
    expect(await all.index()).toMatchObject({ filesInIndex: 3, filesIndexed: 2, skipped: {} });
    expect(await answer(all, "total_of_invoice")).toMatch(/^old\//);

    const oneFile = await engineFor(workspace, { exclude: ["*.py"] });
    expect(await oneFile.index()).toMatchObject({ filesInIndex: 1, skipped: { excluded: 2 } });
    expect(await all.index()).toMatchObject({ filesInIndex: 3, filesIndexed: 2, skipped: {} });
  });

  it("is maintained by a run unless that is left for later", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads });
    const engine = await engineFor(workspace);
    const record = join(engine.indexPath, "maintenance.json");
    await engine.index({ maintain: false });
    expect(existsSync(record)).toBe(false);
    await engine.index();
    expect(existsSync(record)).toBe(true);
  });

  it("takes in a file that was too large once the limit is raised", async () => {
    const workspace = await workspaceWith({ "big.txt": "zebra ".repeat(1_000) });
    const strict = await engineFor(workspace, { maxFileBytes: 2_000 });
    expect(await strict.index()).toMatchObject({ filesIndexed: 0, skipped: { "too-large": 1 } });
    const lenient = await engineFor(workspace, { maxFileBytes: 20_000 });
    expect(await lenient.index()).toMatchObject({ filesIndexed: 1, skipped: {} });
  });

  it("is built anew when what records depend on has changed, and says why", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads });
    await (await engineFor(workspace)).index();
    const events: IndexEvent[] = [];
    const other = await engineFor(workspace, { chunkChars: 700 });
    const summary = await other.index({ onEvent: (event) => events.push(event) });
    expect(summary.filesIndexed).toBe(1);
    expect(events).toContainEqual({
      type: "notice",
      code: "REBUILT",
      message: "The index is built anew: it was made with --chunk-chars 1500, not 700.",
    });
  });

  it("remembers the size of its chunks, also when it is built anew", async () => {
    const lines = Array.from({ length: 40 }, (_, n) => `export function job${n}() { return "${n}"; }\n\n`).join("");
    const workspace = await workspaceWith({ "a.ts": lines });
    const { chunksWritten } = await (await engineFor(workspace, { chunkChars: 200 })).index();
    const engine = await engineFor(workspace);
    expect(await engine.index()).toMatchObject({ filesIndexed: 0, filesInIndex: 1 });
    await write(workspace, { "b.ts": lines });
    expect(await engine.index()).toMatchObject({ chunksWritten, filesIndexed: 1, filesInIndex: 2 });
    expect(await engine.index({ rebuild: true })).toMatchObject({ chunksWritten: 2 * chunksWritten });
    const wide = await (await engineFor(workspace, { chunkChars: 1_500 })).index();
    expect(wide.chunksWritten).toBeLessThan(chunksWritten);
  });

  it("is left as it is when it would have to be built anew and that was not wanted", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads });
    await (await engineFor(workspace)).index();
    await write(workspace, { "b.py": invoices });
    const other = await engineFor(workspace, { chunkChars: 700 });
    await expect(other.index({ ifOutdated: "refuse" })).rejects.toMatchObject({
      code: "INDEX_OUTDATED",
      message: `The index at ${other.indexPath} does not match: it was made with --chunk-chars 1500, not 700.`,
      nextStep: "Run `resona index --chunk-chars 700` to build it anew, or leave --chunk-chars out to use it as it is.",
    });
    expect((await other.stats()).files).toBe(1);
    // Chunks of any size can be searched.
    expect(await answer(other, "uploadWithRetry")).toBe("a.ts");
    const own = await engineFor(workspace);
    expect(await own.index({ ifOutdated: "refuse" })).toMatchObject({ filesIndexed: 1, filesInIndex: 2 });
  });

  it("of records of another Resona is kept until it is asked for anew, and can be searched until then", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads });
    await (await engineFor(workspace)).index();
    const manifest = join(workspace, ".resona/index.json");
    await writeFile(manifest, (await readFile(manifest, "utf8")).replace(/"records": \d+/u, '"records": 0'));
    const engine = await engineFor(workspace);
    await expect(engine.index({ ifOutdated: "refuse" })).rejects.toMatchObject({
      code: "INDEX_OUTDATED",
      message: expect.stringMatching(/: it was made by another version of Resona\.$/) as string,
      nextStep: "Run `resona index` to build it anew.",
    });
    expect(await answer(engine, "uploadWithRetry")).toBe("a.ts");
    expect(await engine.index()).toMatchObject({ filesIndexed: 1 });
  });

  it("is built anew on request while an open engine goes on answering", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads });
    const engine = await engineFor(workspace);
    await engine.index();
    expect(await answer(engine, "uploadWithRetry")).toBe("a.ts");
    expect(await engine.index({ rebuild: true })).toMatchObject({ filesIndexed: 1 });
    expect(await answer(engine, "uploadWithRetry")).toBe("a.ts");
  });

  it("counts as removed what can be found no more, and nothing else", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads, "b.py": invoices, "c.png": "" });
    await (await engineFor(workspace)).index();
    const some = await engineFor(workspace, { exclude: ["a.ts", "c.png"] });
    expect(await some.index()).toMatchObject({ filesRemoved: 1, filesInIndex: 1 });
    await rm(join(workspace, "a.ts"));
    await rm(join(workspace, "c.png"));
    expect(await some.index()).toMatchObject({ filesRemoved: 0, filesUnchanged: 1 });
    await rm(join(workspace, "b.py"));
    expect(await some.index()).toMatchObject({ filesRemoved: 1, filesInIndex: 0 });
  });

  it("keeps what was committed when it is interrupted, and continues", async () => {
    const files = Array.from({ length: 300 }, (_, n) => [`f${n}.ts`, `export function job${n}() {}\n`.repeat(1_500)]);
    const workspace = await workspaceWith(Object.fromEntries(files) as Record<string, string>);
    const engine = await engineFor(workspace);
    const stop = new AbortController();
    const first = await engine.index({
      signal: stop.signal,
      onEvent: (event) => event.type === "progress" && event.chunksIndexed > 0 && stop.abort(),
    });
    expect(first.status).toBe("interrupted");
    expect(first.filesRemoved).toBe(0);
    expect(first.filesIndexed).toBeLessThan(300);
    expect((await engine.search("job1")).indexComplete).toBe(false);
    expect((await engine.stats()).files).toBe(first.filesIndexed);
    const halted = await engine.index({ signal: AbortSignal.abort() });
    expect(halted).toMatchObject({ status: "interrupted", filesIndexed: 0, filesInIndex: first.filesIndexed });
    const notices: string[] = [];
    const second = await engine.index({ onEvent: (event) => event.type === "notice" && notices.push(event.message) });
    expect(notices).toEqual([
      `Resuming from checkpoint: the index holds ${first.filesIndexed} files with ${first.collectionCount.toLocaleString("en-US")} records.`,
    ]);
    expect(existsSync(join(engine.indexPath, "checkpoint.json"))).toBe(false);
    expect(second).toMatchObject({ status: "completed", filesUnchanged: first.filesIndexed, filesInIndex: 300 });
    expect(second.filesIndexed + first.filesIndexed).toBe(300);
    expect((await engine.stats()).files).toBe(300);
  });

  it("says that a killed run is continued, and no word of files to redo where there are none", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads });
    await (await engineFor(workspace)).index();
    const manifest = join(workspace, ".resona/index.json");
    await writeFile(manifest, (await readFile(manifest, "utf8")).replace('"state": "clean"', '"state": "writing"'));
    const notices: string[] = [];
    const engine = await engineFor(workspace);
    await engine.index({ onEvent: (event) => event.type === "notice" && notices.push(event.message) });
    expect(notices).toEqual(["The last run was interrupted; it is continued."]);
  });

  it("keeps what it has of files that cannot be read today", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads, "b.py": invoices });
    const engine = await engineFor(workspace);
    await engine.index();
    // A link to nowhere in the file's place is as unreadable as a file without permission, for root too.
    await rm(join(workspace, "a.ts"));
    await symlink("nowhere", join(workspace, "a.ts"));
    expect(await engine.index()).toMatchObject({ filesRemoved: 0, filesFailed: 1, failures: [{ path: "a.ts" }] });
    expect(await answer(engine, "uploadWithRetry")).toBe("a.ts");
    await rm(join(workspace, "a.ts"));
    await write(workspace, { "a.ts": uploads });
    expect(await engine.index()).toMatchObject({ filesFailed: 0 });
    expect(await engine.stats()).toMatchObject({ files: 2, filesFailed: 0 });
  });

  it("has nothing to say before it is made", async () => {
    const engine = await engineFor(await workspaceWith({ "a.ts": uploads }));
    await expect(engine.search("upload")).rejects.toMatchObject({ code: "NO_INDEX" });
    await expect(engine.stats()).rejects.toMatchObject({ code: "NO_INDEX" });
  });

  it("leaves a folder of somebody else alone", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads, ".resona/precious.txt": "mine" });
    const engine = await engineFor(workspace);
    await expect(engine.index()).rejects.toMatchObject({ code: "INDEX_FOREIGN" });
    expect(await readFile(join(workspace, ".resona/precious.txt"), "utf8")).toBe("mine");
  });

  it("outside of its workspace belongs to one workspace only; inside, it moves along", async () => {
    const index = join(await temporaryFolder(), "shared");
    const first = await engineFor(await workspaceWith({ "a.ts": uploads }), { index });
    await first.index();
    const second = await engineFor(await workspaceWith({ "b.py": invoices }), { index });
    for (const work of [() => second.index(), () => second.search("invoice"), () => second.stats()])
      await expect(work()).rejects.toMatchObject({ code: "INDEX_OF_OTHER_WORKSPACE" });
    expect(await first.stats()).toMatchObject({ files: 1 });

    const parent = await temporaryFolder();
    await write(join(parent, "old"), { "a.ts": uploads });
    await (await engineFor(join(parent, "old"))).index();
    await rename(join(parent, "old"), join(parent, "new"));
    const moved = await engineFor(join(parent, "new"));
    expect(await moved.index()).toMatchObject({ filesUnchanged: 1, filesIndexed: 0 });
    expect(await moved.stats()).toMatchObject({ workspace: join(parent, "new") });
  });

  it("answers several first questions at once from one open index", async () => {
    const engine = await engineFor(await workspaceWith({ "a.ts": uploads, "b.py": invoices }));
    await engine.index();
    const questions = ["uploadWithRetry", "total_of_invoice", "tax of an invoice", "retry"];
    const answers = await Promise.all(questions.map((question) => answer(engine, question)));
    expect(answers).toEqual(["a.ts", "b.py", "b.py", "a.ts"]);
  });

  it("replaces a half-made one, and a manifest that cannot be read", async () => {
    const workspace = await workspaceWith({ "a.ts": uploads, ".resona/chunks.lance/data/x.lance": "half" });
    const engine = await engineFor(workspace);
    await engine.index();
    await writeFile(join(workspace, ".resona/index.json"), "{");
    const again = await engineFor(workspace);
    expect(await again.index()).toMatchObject({ filesIndexed: 1 });
    expect(await answer(again, "uploadWithRetry")).toBe("a.ts");
  });

  it("works for file names that quote, break lines or wink", async () => {
    const names = [`it's "quoted".ts`, "line\nbreak.ts", "back\\slash.ts", "🦜 parrot.ts", "per%cent.ts"];
    const workspace = await workspaceWith(Object.fromEntries(names.map((name) => [name, uploads])));
    const engine = await engineFor(workspace);
    expect(await engine.index()).toMatchObject({ filesIndexed: names.length, failures: [] });
    const { hits } = await engine.search("uploadWithRetry");
    expect(hits.map(({ path }) => path).toSorted()).toEqual(names.toSorted());
    await rm(join(workspace, names[1] ?? ""));
    await engine.index();
    expect((await engine.search("uploadWithRetry")).hits).toHaveLength(names.length - 1);
  });

  it("reads CRLF, UTF-16 and byte order marks with the right lines", async () => {
    const utf16 = Buffer.from(`\uFEFFfirst\r\nexport function wideLetters() {}\r\n`, "utf16le");
    const workspace = await workspaceWith({
      "crlf.ts": uploads.replaceAll("\n", "\r\n"),
      "utf16.ts": utf16,
      "bom.py": `\uFEFF${invoices}`,
      "invalid.ts": Buffer.concat([Buffer.from("// caf"), Buffer.from([0xe9]), Buffer.from(" latteMacchiato\n")]),
    });
    const engine = await engineFor(workspace);
    expect(await engine.index()).toMatchObject({ filesIndexed: 4, failures: [] });
    const wide = (await engine.search("wideLetters")).hits[0];
    expect(wide).toMatchObject({ path: "utf16.ts" });
    expect(wide?.snippet).toContain("export function wideLetters() {}");
    const crlf = (await engine.search("uploadWithRetry")).hits[0];
    expect(crlf).toMatchObject({ path: "crlf.ts" });
    expect(await answer(engine, "latteMacchiato")).toBe("invalid.ts");
  });
});
